"""Passages that change speakers: who speaks is held moment by moment, and the work to the number of passages."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from tests.support.counting import counting
from transcribe.drafts.speaker_resolution import Move, reassign_spans
from transcribe.transcript import SpeakerSpan

INTERVALS = st.builds(lambda start, length: (start, start + length), st.integers(0, 12), st.integers(1, 6))
SPANS = st.lists(st.builds(lambda at, who: SpeakerSpan(*at, who), INTERVALS, st.sampled_from("AB")), max_size=5)
MOVES = st.lists(
    st.builds(lambda at, old, new: (*at, old, new), INTERVALS, st.sampled_from("AB"), st.sampled_from("XY")), max_size=6
)


def speaker_at(moment: float, span: SpeakerSpan, moves: Sequence[Move]) -> str:
    fitting = (new for start, end, old, new in moves if old == span.speaker and start < moment < end)
    return next(fitting, span.speaker)


@given(SPANS, MOVES)
def test_each_moment_of_a_span_is_its_first_moves(spans: list[SpeakerSpan], moves: list[Move]) -> None:
    after = reassign_spans(spans, moves)
    for second in range(18):
        moment = second + 0.5
        expected = [speaker_at(moment, span, moves) for span in spans if span.start < moment < span.end]
        assert sorted(part.speaker for part in after if part.start < moment < part.end) == sorted(expected)


def test_the_work_grows_with_the_passages_and_not_with_their_square() -> None:
    def calls(n: int) -> int:
        spans = [SpeakerSpan(i, i + 1, "A") for i in range(n)]
        moves = [(i + 0.25, i + 0.75, "A", "X") for i in range(n)]
        with counting() as counted:
            assert len(reassign_spans(spans, moves)) == n
        return counted["python"] + counted["c"]

    assert calls(800) < 2.6 * calls(400)
