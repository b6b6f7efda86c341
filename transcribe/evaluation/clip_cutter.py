"""Cut a clip for a check from an episode, at silences, and write its reference from the corrected draft.

The draft's words get their times from the timed transcript next to it (`transcribe.drafts.sync`). Does not write
speaker times: those available are the machine's own, and a gate on them would compare the machine with itself.
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
from audio.decoding.samples import SAMPLE_BYTES, SAMPLE_RATE, as_int16
from audio.disk import sha256_of, write_atomically
from audio.episode import Seconds
from audio.media import MEDIA_SUFFIXES
from audio.program import program
from audio.trust import read_regular
from output.parse import read_draft
from transcribe.drafts.recording import recording_of
from transcribe.drafts.sync import transcript_of
from transcribe.drafts.transcript_update import update_transcript
from transcribe.errors import SettingsError, TranscriptError
from transcribe.settings import Settings
from transcribe.speakers.naming import name_speakers
from transcribe.transcript import Transcript, Turn, Word

if TYPE_CHECKING:
    from audio.decoding.samples import Audio

SEARCH_RADIUS = 3.0  # seconds on either side of a requested cut in which to look for a silence
SHORTEST_SILENCE_MS = 200
QUIETER_DB = 16.0  # than the average of the surroundings; the value in pydub's split_on_silence
SHORTEST_CLIP = 1.0  # seconds
MAX_PERMUTED = 5  # people; of more, only one order of names is tried


@dataclass(frozen=True, slots=True)
class Cut:
    """The files of a clip, where it was cut from the episode, and warnings."""

    paths: tuple[Path, ...]
    start: Seconds
    end: Seconds
    warnings: tuple[str, ...] = ()


def cut_clip(source: Path, *, start: Seconds, end: Seconds, folder: Path, drafts: Path, name: str = "") -> Cut:
    """Write `NAME.wav` and `NAME.ref.txt` to `folder`: the episode from about `start` to about `end`.

    `source` is the recording, with its draft next to it or in `drafts`, or the draft. Overwrites neither the recording
    nor an existing file with other content, and gives no other recording with the same name a wrong reference. Raises
    `AudioError`, `TranscribeError` and `OutputError`.
    """
    draft_path = source if source.suffix.lower() == ".md" else _draft_of(source, drafts)
    draft, before = read_draft(draft_path), transcript_of(draft_path)
    transcript = update_transcript(draft, before, name=str(draft_path)).transcript
    notices = []
    if sha256_of(draft_path) == before.made_with.outputs.get(draft_path.name):  # also true after `sync`
        notices.append(f"{draft_path}: has no corrections; correct it first, or the clip checks nothing")
    path = source if source != draft_path else _audio_of(before, draft_path)
    stem = folder / (name or f"{path.stem}-{_digits(start)}-{_digits(end)}")
    _check_free(stem, path)
    with decode(path) as audio:
        if not 0 <= start < end <= audio.duration + 1 or end - start < SHORTEST_CLIP:
            raise SettingsError(f"{path}: lasts {audio.duration:.1f} s; give a --from and a later --to within it")
        words = [word for turn in transcript.turns for word in turn.words]
        first, last = (_silence_near(audio, time, words) for time in (start, min(end, audio.duration)))
        notices += [
            f"no silence near {time:.1f} s; the cut may be audible"
            for time, silence in ((start, first), (end, last))
            if silence is None and 0 < time < audio.duration
        ]
        first, last = start if first is None else first, min(end, audio.duration) if last is None else last
        data = _wav(audio, first, last)
    turns = turns_between(transcript, first, last)
    reference = "".join(f"{name}: {' '.join(word.text for word in turn.words)}\n" for name, turn in turns)
    if not reference:
        raise TranscriptError(f"{draft_path}: nobody speaks from {first:.1f} to {last:.1f} s; choose other times")
    paths = _write(stem, data, reference)
    if line := _naming_line(turns, transcript.made_with.settings):
        notices.append(f"{paths[0]}: a check would name its speakers wrongly; its [[clip]] in clips.toml needs: {line}")
    return Cut(paths, first, last, tuple(notices))


def turns_between(transcript: Transcript, start: Seconds, end: Seconds) -> list[tuple[str, Turn]]:
    """Speaker names and turns, with the words whose middle is between `start` and `end`."""
    rows: list[tuple[str, Turn]] = []
    for turn in transcript.turns:
        inside = tuple(word for word in turn.words if start <= word.middle <= end)
        if inside:
            rows.append((transcript.speaker(turn.speaker).name, replace(turn, words=inside)))
    return rows


def _naming_line(turns: Sequence[tuple[str, Turn]], settings: Mapping[str, Any]) -> str:
    """The line a clip needs in clips.toml for a check to find the right names; empty if it finds them without.

    The host, the first of the names in `speakers`, is whoever opens the clip or asks most in it.
    """
    names = {turn.speaker: name for name, turn in turns}
    host, guest = (str(settings.get(key, getattr(Settings(), key))) for key in ("host", "guest"))

    def misnames(order: tuple[str, ...]) -> bool:
        speakers = name_speakers([turn for _, turn in turns], names=order, host=host, guest=guest).speakers
        return any(who.name != names[who.id] and who.name in names.values() for who in speakers)

    if not misnames(()):
        return ""
    people = tuple(dict.fromkeys(names.values()))
    orders = itertools.permutations(people) if len(people) <= MAX_PERMUTED else [people]
    right = next((order for order in orders if not misnames(order)), ())
    if not right or any("," in name for name in right):
        return "limits = { misnamed = false }"
    return f"speakers = {json.dumps(','.join(right), ensure_ascii=False)}"


def _silence_near(audio: Audio, time: Seconds, words: Iterable[Word]) -> Seconds | None:
    """The middle of the silence nearest to `time`, preferably outside all words; None if there is no silence near.

    The start and the end of the recording count as silences.
    """
    if time in (0, audio.duration):
        return time
    low, high = max(0.0, time - SEARCH_RADIUS), min(audio.duration, time + SEARCH_RADIUS)
    segment, silence = _segment(audio, low, high), _pydub()[1]
    silences = silence.detect_silence(
        segment, min_silence_len=SHORTEST_SILENCE_MS, silence_thresh=segment.dBFS - QUIETER_DB, seek_step=10
    )
    middles: list[float] = [low + (first_ms + last_ms) / 2000 for first_ms, last_ms in silences]
    near = [(word.start, word.end) for word in words if word.end > low and word.start < high]
    free = [middle for middle in middles if not any(first < middle < last for first, last in near)]
    if not middles:
        return None
    nearest = min(free or middles, key=lambda middle: abs(middle - time))
    return round(nearest, 3)


def _segment(audio: Audio, start: Seconds, end: Seconds) -> Any:
    """A part of the audio as pydub's 16-bit mono segment."""
    return _pydub()[0](
        data=as_int16(audio.read(start, end)), sample_width=SAMPLE_BYTES, frame_rate=SAMPLE_RATE, channels=1
    )


def _wav(audio: Audio, start: Seconds, end: Seconds) -> bytes:
    buffer = io.BytesIO()
    _segment(audio, start, end).export(buffer, format="wav")
    return buffer.getvalue()


def _pydub() -> tuple[Any, Any]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pydub looks for ffmpeg, which WAV does not need
        from pydub import AudioSegment, silence
    return AudioSegment, silence


def _draft_of(audio: Path, drafts: Path) -> Path:
    for folder in (audio.parent, drafts):
        if (path := folder / f"{audio.stem}.md").is_file():
            return path
    raise TranscriptError(
        f"{audio}: no draft {audio.stem}.md in its folder or in {drafts}; create one with `{program()} run` and "
        "correct it, or give the draft as SOURCE"
    )


def _audio_of(transcript: Transcript, draft: Path) -> Path:
    found = recording_of(draft, transcript.episode)
    if found.path is None:
        raise TranscriptError(f"{draft}: its recording is not on this machine; give the recording as SOURCE")
    if found.problem:
        raise TranscriptError(f"{found.problem}, or give the recording as SOURCE")
    return found.path


def _check_free(stem: Path, source: Path) -> None:
    """Raise `SettingsError` if `STEM.wav` is the recording itself, or another recording has the name of the clip."""
    target = stem.with_name(f"{stem.name}.wav")
    with _writing_to(stem.parent):
        if target.exists() and source.exists() and target.samefile(source):
            raise SettingsError(f"{target}: is the recording that the clip is cut from; give another --name")
        files = sorted(stem.parent.iterdir()) if stem.parent.is_dir() else []
    for path in files:
        if path.stem == stem.name and path.suffix.lower() in MEDIA_SUFFIXES and path.name != target.name:
            raise SettingsError(f"{path}: exists already and would share the reference; give another --name")


def _write(stem: Path, data: bytes, reference: str) -> tuple[Path, ...]:
    contents = {stem.with_name(f"{stem.name}.wav"): data, stem.with_name(f"{stem.name}.ref.txt"): reference.encode()}
    with _writing_to(stem.parent):
        for path, content in contents.items():
            if path.exists() and read_regular(path) != content:
                raise SettingsError(f"{path}: exists already with other content; give another --name")
        for path, content in contents.items():
            write_atomically(path, content)
    return tuple(contents)


@contextlib.contextmanager
def _writing_to(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as exc:
        raise SettingsError(f"{folder}: cannot be written to ({exc.strerror}); name another folder") from exc


def _digits(seconds: Seconds) -> str:
    return f"{int(seconds) // 60:02}{int(seconds) % 60:02}"
