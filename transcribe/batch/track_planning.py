"""An episode of several tracks (`transcribe run --tracks`): its files, checked before any work, and its job.

What is wrong with them is a `SettingsError` of one line: the input, what is the matter, what to do.
"""

from __future__ import annotations

import contextlib
import glob
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from audio.decoding.mixdown import MIX_FORMATS
from audio.decoding.probe import check_source, printable
from audio.decoding.tracks import sound_tracks
from audio.episode import Episode, Track
from audio.errors import AudioError, NoSoundError
from audio.fingerprint import Fingerprint
from audio.net.addresses import is_web_address, redacted
from output.files import stem_for
from output.formats import file_name
from transcribe.batch.planning import Job
from transcribe.drafts.records import belongs_to_other_recording, from_folder, transcript_at
from transcribe.errors import SettingsError
from transcribe.pipeline.mixdown import cached_mix
from transcribe.settings import Settings, home_expanded
from transcribe.tracks.file_names import episode_name, names_in

MOST_TRACKS = 8
AUTO = "auto"
_LONGEST_OFFSET = 24 * 3600.0  # seconds


@dataclass(frozen=True, slots=True)
class TrackRequest:
    """What the command line says of an episode's tracks: the offsets in the order of the files, where stated, and the
    file for their mix, `auto` beside the draft."""

    offsets: tuple[float | None, ...] = ()
    mixdown: str | None = None


def read_offsets(text: str | None) -> tuple[float | None, ...]:
    """The offsets of `--offset`; an empty one is to be found. Raises `SettingsError`.

    >>> read_offsets("0, 1.5,"), read_offsets(None)
    ((0.0, 1.5, None), ())
    """
    if text is None:
        return ()
    offsets: list[float | None] = []
    for item in text.split(","):
        try:
            offset = float(item) if item.strip() else None
        except ValueError:
            offset = float("nan")
        if offset is not None and not abs(offset) <= _LONGEST_OFFSET:
            raise SettingsError(f"offset: {item.strip()!r} is not a number of seconds; write 0,2.5 for two files")
        offsets.append(offset)
    return tuple(offsets)


def tracks_job(sources: Sequence[str], request: TrackRequest, settings: Settings) -> Job:
    """The job for these files as the tracks of one episode, in their order. Raises `SettingsError`."""
    _check_settings(settings)
    paths = _paths(sources)
    tracks = _with_names(_tracks(paths), paths)
    _check_counts(len(tracks), request, settings)
    offsets = request.offsets or (None,) * len(tracks)
    tracks = [replace(track, offset=offset) for track, offset in zip(tracks, offsets, strict=True)]
    name = episode_name(paths)
    unmixed = Episode(title=name, path=cached_mix(tracks), tracks=tuple(tracks))
    fingerprint = Fingerprint.of_episode(unmixed)

    def episode(stem: str) -> Episode:
        return replace(unmixed, path=_mix(stem, unmixed, request.mixdown, settings))

    def is_taken(stem: str) -> bool:
        sha256 = fingerprint.sha256
        path = episode(stem).path
        return belongs_to_other_recording(
            stem, path, settings=settings, audio_sha256=lambda: sha256, tracks=unmixed.tracks
        )

    stem = stem_for(replace(unmixed, path=Path(f"{name}.tracks"), tracks=()), is_taken)
    job = Job(", ".join(map(printable, paths)), episode(stem), stem, fingerprint)
    _check_mix(job, paths, settings)
    return job


def _check_settings(settings: Settings) -> None:
    if settings.channels == "separate":
        raise SettingsError(
            "channels: separate is for one file with a person on each channel; leave it out, or --tracks"
        )
    if settings.scheduler:
        raise SettingsError(
            "tracks: several files are not sent to a cluster; leave out --scheduler (and unset TRANSCRIBE_SCHEDULER) "
            "to transcribe them on this machine, or run the command on the machine that is to do it"
        )


def _paths(sources: Sequence[str]) -> list[Path]:
    """The files, in their order and each once. A pattern that no shell has expanded is."""
    paths: list[Path] = []
    for source in sources:
        if is_web_address(source.strip()):
            raise SettingsError(f"tracks: {redacted(source)}: is an address; save the file and give its path")
        path = home_expanded(source, "tracks")
        matches = sorted(glob.glob(str(path))) if glob.has_magic(source) and not path.exists() else []  # noqa: PTH207
        paths += map(Path, matches) if matches else [path]
    places: dict[Path, Path] = {}
    for path in paths:
        try:
            with contextlib.suppress(NoSoundError):  # it is left out, as one in which nobody is heard
                check_source(path)
        except AudioError as error:
            raise SettingsError(f"tracks: {error}") from error
        if path.resolve() in places:
            raise SettingsError(f"tracks: {printable(path)}: is named twice; name each person's file once")
        places[path.resolve()] = path
    if len(paths) > MOST_TRACKS:
        raise SettingsError(f"tracks: {len(paths)} files; an episode has at most {MOST_TRACKS}, so name fewer")
    return paths


def _tracks(paths: Sequence[Path]) -> list[Track]:
    """A track for each file, or for each sound track of the only one."""
    if len(paths) == 1:
        count = len(sound_tracks(paths[0]))
        name = printable(paths[0])
        if count < 2:
            raise SettingsError(f"tracks: {name}: has one sound track; name a file for each person, or no --tracks")
        if count > MOST_TRACKS:
            raise SettingsError(
                f"tracks: {name}: has {count} sound tracks, more than {MOST_TRACKS}; copy the people's to files"
            )
        sha256 = _sha256(paths[0])
        return [Track(paths[0], stream, sha256=sha256) for stream in range(count)]
    tracks: list[Track] = []
    for path in paths:
        sha256 = _sha256(path)
        if same := next((track for track in tracks if track.sha256 == sha256), None):
            both = f"{printable(same.path)} and {printable(path)}"
            raise SettingsError(f"tracks: {both}: are the same sound; name each person's file once")
        tracks.append(Track(path, sha256=sha256))
    return tracks


def _sha256(path: Path) -> str:
    try:
        return Fingerprint.of(path).sha256
    except AudioError as error:
        raise SettingsError(f"tracks: {error}") from error


def _with_names(tracks: Sequence[Track], paths: Sequence[Path]) -> list[Track]:
    if len(paths) == 1:
        return list(tracks)
    names = names_in([path.stem for path in paths])
    return [replace(track, name=name) for track, name in zip(tracks, names, strict=True)]


def _check_counts(count: int, request: TrackRequest, settings: Settings) -> None:
    if settings.speaker_count not in (None, count):
        raise SettingsError(
            f"speakers: {settings.speaker_count} people, but {count} tracks; name one for each, in order"
        )
    if request.offsets and len(request.offsets) != count:
        raise SettingsError(f"offset: {len(request.offsets)} offsets for {count} tracks; give one for each, in order")


def _mix(stem: str, episode: Episode, mixdown: str | None, settings: Settings) -> Path:
    """Where the mix goes."""
    if mixdown is None:
        return cached_mix(episode.tracks)
    if mixdown == AUTO:
        return settings.output_folder / f"{stem}.m4a"
    path = home_expanded(mixdown, "mixdown")
    if path.suffix.lower() not in MIX_FORMATS:
        raise SettingsError(f"mixdown: {mixdown!r} has an unknown suffix; use one of {', '.join(MIX_FORMATS)}")
    return path


def _check_mix(job: Job, paths: Sequence[Path], settings: Settings) -> None:
    """Refuse to write over a file that is not the mix of an earlier run."""
    path = job.episode.path
    assert path is not None
    if path.resolve() in [each.resolve() for each in paths]:
        raise SettingsError(f"mixdown: {printable(path)}: is one of the tracks; choose another file")
    if not path.exists() or path == cached_mix(job.episode.tracks):
        return
    before = transcript_at(settings.output_folder / file_name(job.stem or "", "json"))
    if before is None or before.episode.path != from_folder(settings.output_folder, path):
        raise SettingsError(f"mixdown: {printable(path)}: exists already; choose another file, or remove it")
