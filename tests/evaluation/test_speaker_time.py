"""DER and JER compared with pyannote.metrics', whole and by segment."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transcribe.evaluation.speaker_time import SEGMENT_SECONDS, speaker_errors, speaker_time_errors
from transcribe.transcript import SpeakerSpan

TICKS = st.integers(0, 400)  # tenths of a second: pyannote drops what is shorter than a microsecond


def spans(names: str) -> st.SearchStrategy[list[SpeakerSpan]]:
    one = st.builds(
        lambda start, length, who: SpeakerSpan(start / 10, (start + length) / 10, who),
        TICKS,
        st.integers(1, 80),
        st.sampled_from(names),
    )
    return st.lists(one, max_size=9)


def pyannotes(rows: Sequence[SpeakerSpan]) -> Any:
    """The spans as pyannote's annotation; each is a track of its own, so that none replaces another."""
    from pyannote.core import Annotation, Segment

    annotation = Annotation()
    for track, span in enumerate(rows):
        annotation[Segment(span.start, span.end), track] = span.speaker
    return annotation


@given(spans("ABC"), spans("xyzw"), st.sampled_from([0.0, 0.25, 1.0]), st.booleans())
def test_speaker_time_is_pyannotes(
    reference: list[SpeakerSpan], hypothesis: list[SpeakerSpan], collar: float, skip: bool
) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from pyannote.core import Segment, Timeline
        from pyannote.metrics.diarization import DiarizationErrorRate, JaccardErrorRate

    sides = pyannotes(reference), pyannotes(hypothesis)
    whole = Timeline([Segment(0, 100)])
    metric = DiarizationErrorRate(collar=2 * collar, skip_overlap=skip)
    der = metric(*sides, uem=whole, detailed=True)
    time, jaccard, segments = speaker_errors(reference, hypothesis, collar=collar, skip_overlap=skip)
    assert time.speech == pytest.approx(der["total"], abs=1e-6)
    assert time.missed == pytest.approx(der["missed detection"], abs=1e-6)
    assert time.false_alarm == pytest.approx(der["false alarm"], abs=1e-6)
    assert time.confusion == pytest.approx(der["confusion"], abs=1e-6)
    jer = JaccardErrorRate()(*sides, uem=whole, detailed=True)
    assert jaccard.speakers == jer["speaker count"]
    assert sum(errors for errors, _ in segments) == pytest.approx(time.errors, abs=0.01)
    assert sum(length for _, length in segments) == pytest.approx(time.speech, abs=0.01)
    assert all(length <= SEGMENT_SECONDS * 9 for _, length in segments)
    stretches = speaker_time_errors(reference, hypothesis, collar=collar, skip_overlap=skip)
    covered = sum(end - start for start, end, _, _ in stretches)
    assert (covered > 1e-6) == (time.errors > 1e-6)


@given(spans("AB"), st.floats(0, 0.9))
def test_jer_is_pyannotes_where_the_pairing_is_unique(reference: list[SpeakerSpan], shift: float) -> None:
    """Equally good pairings have the same DER, but may have another JER."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from pyannote.core import Segment, Timeline
        from pyannote.metrics.diarization import JaccardErrorRate

    hypothesis = [SpeakerSpan(span.start, span.end - shift * 0.1, span.speaker.lower()) for span in reference]
    sides = pyannotes(reference), pyannotes(hypothesis)
    jer = JaccardErrorRate()(*sides, uem=Timeline([Segment(0, 100)]), detailed=True)
    _, jaccard, _ = speaker_errors(reference, hypothesis, collar=0, skip_overlap=False)
    common = {span.speaker for span in reference}
    if len(common) < 2 or not any(
        a.speaker != b.speaker and a.start < b.end and b.start < a.end for a in reference for b in reference
    ):
        assert jaccard.error == pytest.approx(jer["speaker error"], abs=1e-6)
