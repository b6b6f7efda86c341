"""References of recordings and error rates against them, read and reckoned without the product's own code.

NAME.rttm has speaker times, NAME.ref.txt `Speaker: text` lines. Used by the other scripts here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

Span = tuple[float, float, str]


def speakers_in_reference(path: Path) -> int:
    """How many people a recording's reference names; 0 where it has none."""
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
    """(speaker, text) of every turn; a text without speakers is one person's."""
    turns: list[tuple[str, str]] = []
    for line in filter(None, map(str.strip, path.read_text(encoding="utf-8").splitlines())):
        match = re.match(r"^([^:]{1,40}):\s*(.*)$", line)
        if match:
            turns.append((match[1], match[2]))
        else:
            speaker, text = turns.pop() if turns else ("S", "")
            turns.append((speaker, f"{text} {line}"))
    return [(speaker, re.sub(r"\[[^\]]*\]|\([^)]*\)", "", text)) for speaker, text in turns]


def diarization_row(truth: Sequence[Span], found: Sequence[Span], collar: float) -> Any:
    """pyannote.metrics' seconds of each kind of error and in all; `collar` seconds on either side are not scored."""
    import warnings

    from pyannote.metrics.diarization import DiarizationErrorRate

    warnings.filterwarnings("ignore", message="'uem' was approximated")
    return DiarizationErrorRate(collar=2 * collar)(annotation_of(truth), annotation_of(found), detailed=True)


def cpwer_of(reference: Iterable[tuple[str, str]], hypothesis: Iterable[tuple[str, str]], *, speakers: bool) -> Any:
    """meeteval's cpWER; with one speaker for all it is the WER."""
    from meeteval.io import SegLST
    from meeteval.wer import cpwer
    from whisper.normalizers import EnglishTextNormalizer

    normalise = EnglishTextNormalizer()
    rows = []
    for turns in (reference, hypothesis):
        said = [(speaker, normalise(text)) for speaker, text in turns]
        said = said if speakers else [("x", " ".join(text for _, text in said))]
        fields = [
            {"session_id": "x", "speaker": speaker, "words": text, "start_time": i, "end_time": i + 1}
            for i, (speaker, text) in enumerate(said)
        ]
        rows.append(SegLST(fields))
    return cpwer(*rows)["x"]


def annotation_of(spans: Iterable[Span]) -> Any:
    """pyannote's form of (start, end, speaker)."""
    from pyannote.core import Annotation, Segment

    annotation = Annotation()
    for track, (start, end, speaker) in enumerate(spans):
        if end > start:
            annotation[Segment(start, end), track] = speaker
    return annotation
