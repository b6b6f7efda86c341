"""A clip for a check, cut from an episode at silences, and its reference, made from the corrected draft.

The draft's words get their times from the timed transcript beside it (`transcribe.drafts.sync`). Speaker times are not
written: those at hand are the machine's own, and a gate on them would hold it against itself.
"""

from __future__ import annotations

import contextlib
import io
import itertools
import json
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from audio.decoding.decode import decode
from audio.decoding.samples import SAMPLE_RATE
from audio.disk import sha256_of, write_atomically
from audio.episode import Seconds
from audio.media import MEDIA_SUFFIXES
from output.parse import read_draft
from transcribe.drafts.sync import transcript_of, update_transcript
from transcribe.errors import SettingsError, TranscriptError
from transcribe.settings import Settings
from transcribe.speakers.naming import name_speakers
from transcribe.transcript import Transcript, Turn, Word

if TYPE_CHECKING:
    from audio.decoding.samples import Audio

SEARCH = 3.0  # seconds on either side of a wanted cut in which a silence is looked for
SHORTEST_SILENCE_MS = 200
QUIETER_DB = 16.0  # than the surroundings on average; what pydub's own split_on_silence suggests
SHORTEST_CLIP = 1.0  # seconds
MOST_ORDERED = 5  # people whose names are tried in every order


@dataclass(frozen=True, slots=True)
class Cut:
    """What was written, where it was cut in the episode, and what the user should know."""

    paths: tuple[Path, ...]
    start: Seconds
    end: Seconds
    messages: tuple[str, ...] = ()


def cut_clip(source: Path, *, start: Seconds, end: Seconds, folder: Path, drafts: Path, name: str = "") -> Cut:
    """Write `NAME.wav` and `NAME.ref.txt` to `folder`: the episode from about `start` to about `end`.

    `source` is the recording, whose draft lies beside it or in `drafts`, or the draft. Nothing that is there already
    and is something else is written over, nor the recording itself, nor is a recording of that name given a reference
    that is not its own. Raises `AudioError`, `TranscribeError` and `OutputError`.
    """
    draft_path = source if source.suffix.lower() == ".md" else _draft_of(source, drafts)
    before = transcript_of(draft_path)
    followed = update_transcript(read_draft(draft_path), before, name=str(draft_path))
    messages = []
    if sha256_of(draft_path) == before.made_with.outputs.get(draft_path.name):  # the words of a sync are the editor's
        messages.append(f"{draft_path}: is as the machine wrote it; correct it first, or the clip checks nothing")
    path = source if source != draft_path else _audio_of(before, draft_path)
    stem = folder / (name or f"{path.stem}-{_digits(start)}-{_digits(end)}")
    _check_free(stem, path)
    with decode(path) as audio:
        if not 0 <= start < end <= audio.duration + 1 or end - start < SHORTEST_CLIP:
            raise SettingsError(f"{path}: lasts {audio.duration:.1f} s; give a --from and a later --to within it")
        words = [word for turn in followed.transcript.turns for word in turn.words]
        first, last = (_silence_near(audio, wanted, words) for wanted in (start, min(end, audio.duration)))
        messages += [
            f"no silence near {wanted:.1f} s; the cut may be heard"
            for wanted, found in ((start, first), (end, last))
            if found is None and 0 < wanted < audio.duration
        ]
        first, last = start if first is None else first, min(end, audio.duration) if last is None else last
        data = _wav(audio, first, last)
    said = said_between(followed.transcript, first, last)
    reference = "".join(f"{name}: {' '.join(word.text for word in turn.words)}\n" for name, turn in said)
    if not reference:
        raise TranscriptError(f"{draft_path}: nobody speaks from {first:.1f} to {last:.1f} s; choose another stretch")
    paths = _write(stem, data, reference)
    if line := _needed_to_name(said, followed.transcript.made_with.settings):
        messages.append(f"{paths[0]}: nothing in it tells who is who; its [[clip]] in clips.toml needs: {line}")
    return Cut(paths, first, last, tuple(messages))


def said_between(transcript: Transcript, start: Seconds, end: Seconds) -> list[tuple[str, Turn]]:
    """Speakers' names and turns, with the words of which at least half lies between `start` and `end`."""
    rows: list[tuple[str, Turn]] = []
    for turn in transcript.turns:
        inside = tuple(word for word in turn.words if start <= (word.start + word.end) / 2 <= end)
        if inside:
            rows.append((transcript.speaker(turn.speaker).name, replace(turn, words=inside)))
    return rows


def _needed_to_name(said: Sequence[tuple[str, Turn]], settings: Mapping[str, Any]) -> str:
    """What must stand in clips.toml for a check to find the right names; empty where it finds them without.

    Whoever opens a fragment, or asks most in it, is taken for the host, who is the first of the names given.
    """
    own = {turn.speaker: name for name, turn in said}
    host, guest = (str(settings.get(key, getattr(Settings(), key))) for key in ("host", "guest"))

    def misnames(names: tuple[str, ...]) -> bool:
        found = name_speakers([turn for _, turn in said], names=names, host=host, guest=guest).speakers
        return any(who.name != own[who.id] and who.name in own.values() for who in found)

    if not misnames(()):
        return ""
    people = tuple(dict.fromkeys(own.values()))
    orders = itertools.permutations(people) if len(people) <= MOST_ORDERED else [people]
    right = next((order for order in orders if not misnames(order)), ())
    if not right or any("," in name for name in right):
        return "limits = { misnamed = false }"
    return f"speakers = {json.dumps(','.join(right), ensure_ascii=False)}"


def _silence_near(audio: Audio, wanted: Seconds, words: Iterable[Word]) -> Seconds | None:
    """The middle of the silence nearest to `wanted` in which no word is said; None where there is none near.

    Where the recording begins and ends nothing is cut in two, so those are kept as they are.
    """
    if wanted in (0, audio.duration):
        return wanted
    low, high = max(0.0, wanted - SEARCH), min(audio.duration, wanted + SEARCH)
    segment, silence = _segment(audio, low, high), _pydub()[1]
    found = silence.detect_silence(
        segment, min_silence_len=SHORTEST_SILENCE_MS, silence_thresh=segment.dBFS - QUIETER_DB, seek_step=10
    )
    middles: list[float] = [low + (first_ms + last_ms) / 2000 for first_ms, last_ms in found]
    near = [(word.start, word.end) for word in words if word.end > low and word.start < high]
    free = [at for at in middles if not any(first < at < last for first, last in near)]
    if not middles:
        return None
    nearest = min(free or middles, key=lambda at: abs(at - wanted))
    return round(nearest, 3)


def _segment(audio: Audio, start: Seconds, end: Seconds) -> Any:
    """A stretch as pydub's 16-bit mono segment."""
    samples: Any = audio.read(start, end) * 32_768
    samples = samples.round().clip(-32_768, 32_767).astype("<i2")
    return _pydub()[0](data=samples.tobytes(), sample_width=2, frame_rate=SAMPLE_RATE, channels=1)


def _wav(audio: Audio, start: Seconds, end: Seconds) -> bytes:
    buffer = io.BytesIO()
    _segment(audio, start, end).export(buffer, format="wav")
    return buffer.getvalue()


def _pydub() -> tuple[Any, Any]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it looks for ffmpeg, which is not needed for WAV
        from pydub import AudioSegment, silence
    return AudioSegment, silence


def _draft_of(audio: Path, drafts: Path) -> Path:
    for folder in (audio.parent, drafts):
        if (path := folder / f"{audio.stem}.md").is_file():
            return path
    raise TranscriptError(
        f"{audio}: no draft {audio.stem}.md beside it or in {drafts}; `transcribe run` makes one, correct it, or give "
        "the draft itself as SOURCE"
    )


def _audio_of(transcript: Transcript, draft: Path) -> Path:
    if transcript.episode.path is None:
        raise TranscriptError(f"{draft}: its recording is not on this machine; give the recording as SOURCE")
    return draft.parent / transcript.episode.path


def _check_free(stem: Path, source: Path) -> None:
    """Raises `SettingsError` where `STEM.wav` is the recording itself, or another recording is called like the clip."""
    target = stem.with_name(f"{stem.name}.wav")
    with _in_folder(stem.parent):
        if target.exists() and source.exists() and target.samefile(source):
            raise SettingsError(f"{target}: is the recording the clip is cut from; give another --name")
        beside = sorted(stem.parent.iterdir()) if stem.parent.is_dir() else []
    for path in beside:
        if path.stem == stem.name and path.suffix.lower() in MEDIA_SUFFIXES and path.name != target.name:
            raise SettingsError(f"{path}: is there already and would share the reference; give another --name")


def _write(stem: Path, data: bytes, reference: str) -> tuple[Path, ...]:
    contents = {stem.with_name(f"{stem.name}.wav"): data, stem.with_name(f"{stem.name}.ref.txt"): reference.encode()}
    with _in_folder(stem.parent):
        for path, content in contents.items():
            if path.exists() and path.read_bytes() != content:
                raise SettingsError(f"{path}: is there already and holds something else; give another --name")
        for path, content in contents.items():
            write_atomically(path, content)
    return tuple(contents)


@contextlib.contextmanager
def _in_folder(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as exc:
        raise SettingsError(f"{folder}: cannot be written to ({exc.strerror}); name another folder") from exc


def _digits(seconds: Seconds) -> str:
    return f"{int(seconds) // 60:02}{int(seconds) % 60:02}"
