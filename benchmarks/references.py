"""Recordings with references, and error rates against them, computed without the product's own code.

NAME.rttm holds speaker times, NAME.ref.txt `Speaker: text` lines. The recordings are those of ../shared/corpus; on
machines without that folder they are the project's own clips.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from tests.support.paths import CLIPS, SHARED

CORPUS = SHARED / "corpus"
AUDIO_SUFFIXES = {".mp3", ".wav", ".flac", ".opus", ".m4a", ".ogg"}

Span = tuple[float, float, str]


def audio_files(folder: Path) -> list[Path]:
    """The recordings of a folder, by name."""
    return [path for path in sorted(folder.iterdir()) if path.suffix in AUDIO_SUFFIXES]


def english_recordings() -> list[Path]:
    """The English recordings of the shared corpus that have a reference, or the project's clips."""
    files = audio_files(CORPUS if CORPUS.is_dir() else CLIPS)
    return [path for path in files if has_reference(path) and "dutch" not in path.name]


def has_reference(path: Path) -> bool:
    """Whether words or speaker times of a recording are known."""
    return path.with_suffix(".ref.txt").is_file() or path.with_suffix(".rttm").is_file()


def shortest(files: Sequence[Path], seconds: float) -> list[Path]:
    """As many files as fit, shortest first: those with reference words, then those with speaker times alone."""
    from audio.decoding.decode import decode

    lengths = {path: decode(path).duration for path in files}
    chosen: list[Path] = []
    for path in sorted(files, key=lambda p: (not p.with_suffix(".ref.txt").is_file(), lengths[p])):
        if not chosen or sum(lengths[p] for p in [*chosen, path]) <= seconds:
            chosen.append(path)
    return chosen


def speakers_in_reference(path: Path) -> int:
    """The number of people in a recording's reference; 0 without a reference."""
    if (rttm := path.with_suffix(".rttm")).exists():
        return len({speaker for _, _, speaker in read_rttm(rttm)})
    if (text := path.with_suffix(".ref.txt")).exists():
        return len({speaker for speaker, _ in read_reference(text)})
    return 0


def read_rttm(path: Path) -> list[Span]:
    """(start, end, speaker) in seconds of every SPEAKER line."""
    rows = [line.split() for line in path.read_text(encoding="utf-8").splitlines()]
    return [(float(r[3]), float(r[3]) + float(r[4]), r[7]) for r in rows if r and r[0] == "SPEAKER"]


def read_reference(path: Path) -> list[tuple[str, str]]:
    """(speaker, text) of every turn, without [notes] and (noises); a text without speakers is one turn."""
    turns: list[tuple[str, str]] = []
    for line in filter(None, map(str.strip, path.read_text(encoding="utf-8").splitlines())):
        match = re.match(r"^([^:]{1,40}):\s*(.*)$", line)
        if match:
            turns.append((match[1], match[2]))
        else:
            speaker, text = turns.pop() if turns else ("S", "")
            turns.append((speaker, f"{text} {line}"))
    return [(speaker, re.sub(r"\[[^\]]*\]|\([^)]*\)", "", text)) for speaker, text in turns]


def diarization_row(reference: Sequence[Span], hypothesis: Sequence[Span], collar: float) -> Any:
    """pyannote.metrics' seconds of each kind of error; `collar` seconds on either side of a boundary are not scored."""
    import warnings

    from pyannote.metrics.diarization import DiarizationErrorRate

    warnings.filterwarnings("ignore", message="'uem' was approximated")
    return DiarizationErrorRate(collar=2 * collar)(annotation_of(reference), annotation_of(hypothesis), detailed=True)


def cpwer_of(reference: Iterable[tuple[str, str]], hypothesis: Iterable[tuple[str, str]], *, speakers: bool) -> Any:
    """meeteval's cpWER; without `speakers` all words are one speaker's, which makes it the WER."""
    from meeteval.io import SegLST
    from meeteval.wer import cpwer
    from whisper.normalizers import EnglishTextNormalizer

    normalise = EnglishTextNormalizer()
    rows = []
    for turns in (reference, hypothesis):
        utterances = [(speaker, normalise(text)) for speaker, text in turns]
        utterances = utterances if speakers else [("x", " ".join(text for _, text in utterances))]
        fields = [
            {"session_id": "x", "speaker": speaker, "words": text, "start_time": i, "end_time": i + 1}
            for i, (speaker, text) in enumerate(utterances)
        ]
        rows.append(SegLST(fields))
    return cpwer(*rows)["x"]


def annotation_of(spans: Iterable[Span]) -> Any:
    """(start, end, speaker) spans as pyannote's `Annotation`."""
    from pyannote.core import Annotation, Segment

    annotation = Annotation()
    for track, (start, end, speaker) in enumerate(spans):
        if end > start:
            annotation[Segment(start, end), track] = speaker
    return annotation
