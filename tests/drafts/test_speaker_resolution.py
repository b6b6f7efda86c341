"""Whose the names of an edited draft are, and passages that change speakers.

Who speaks is held moment by moment, and the work to the number of passages.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from output.parse import parse
from tests.support.counting import counting
from tests.support.transcripts import ADA, BOB, transcript
from transcribe.drafts.speaker_resolution import Move, ResolvedSpeakers, reassign_spans, resolve_speakers
from transcribe.drafts.transcript_update import update_transcript
from transcribe.person_names import NameCertainty
from transcribe.transcript import Speaker, SpeakerSpan

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


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ({"Ada": "S1", "Bob": "S2"}, {"Ada": "S1", "Bob": "S2"}),
        ({"Ada Lovelace": "S1", "B": "S2"}, {"Ada Lovelace": "S1", "B": "S2"}),
        ({"ADA": "S2", "bob": "S1"}, {"ADA": "S1", "bob": "S2"}),
        ({"Ada": "S1", "Moog": "S2"}, {"Ada": "S1", "Moog": "S2"}),
        ({"Ada": "S1", "Bob": "S2", "Kim": "S2"}, {"Ada": "S1", "Bob": "S2", "Kim": "S3"}),
    ],
)
def test_names_are_resolved_to_speakers(names: dict[str, str], expected: dict[str, str]) -> None:
    people = resolve_speakers((ADA, BOB), {name: Counter({id: 10}) for name, id in names.items()})
    assert people.ids == expected


def test_resolved_speakers_get_the_editors_full_names() -> None:
    people = resolve_speakers(
        (ADA, BOB), {"Ada": Counter(S1=1), "Rob": Counter(S2=1)}, full_names={"Rob": "Robert Moog"}
    )
    assert isinstance(people, ResolvedSpeakers)
    assert people.speakers[1] == Speaker("S2", "Robert Moog", "Rob", "named by the editor", NameCertainty.EDITED)


def test_reassigning_the_middle_of_a_span_splits_it() -> None:
    spans = reassign_spans([SpeakerSpan(0, 10, "S1")], [(4, 6, "S1", "S2")])
    assert spans == (SpeakerSpan(0, 4, "S1"), SpeakerSpan(4, 6, "S2"), SpeakerSpan(6, 10, "S1"))
    assert reassign_spans([SpeakerSpan(0.1, 6.2, "S1")], [(0.3, 6, "S1", "S2")]) == (SpeakerSpan(0.1, 6.2, "S2"),)


def test_swapping_two_speakers_swaps_their_spans() -> None:
    spans = [SpeakerSpan(0, 5, "S1"), SpeakerSpan(3, 4, "S2"), SpeakerSpan(6, 9, "S2")]
    moves = [(0.1, 5, "S1", "S2"), (3, 4, "S2", "S1"), (6, 9, "S2", "S1")]
    assert reassign_spans(spans, moves) == (SpeakerSpan(0, 5, "S2"), SpeakerSpan(3, 4, "S1"), SpeakerSpan(6, 9, "S1"))


def test_what_stands_between_passages_moved_to_another_speaker_keeps_its_spans() -> None:
    first, last = "alpha beta gamma delta epsilon zeta.", "ten eleven twelve thirteen fourteen fifteen."
    kept, other = "red orange yellow green blue violet.", "north east south west up down."
    before = transcript(("S1", first), ("S2", other), ("S1", kept), ("S2", "Fine, thanks."), ("S1", last))
    source = f"**Ada Lovelace**: {kept}\n\n**Bob Moog**: {other} Fine, thanks. {first} {last}\n"
    after = update_transcript(parse(source), before).transcript
    assert [span.speaker for span in after.spans] == ["S2", "S2", "S1", "S2", "S2"]
