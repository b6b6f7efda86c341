"""What was settled by an edit is doubtful again when the edit is undone; what was confirmed is not."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from output.markdown import render
from output.parse import parse
from tests.support.transcripts import ADA, transcript
from transcribe.drafts.transcript_update import update_transcript
from transcribe.editor.confirmation import confirmed, restored
from transcribe.editor.settled import Settled
from transcribe.person_names import NameCertainty
from transcribe.transcript import Doubt, Speaker, Transcript, Turn

GUEST = Speaker("S2", "Guest", certainty=NameCertainty.PLACEHOLDER, suggestion="Bob Moog")
TALK = (
    ("S1", "Every morning the harbour master counted seven boats and wrote them down."),
    ("S2", "Nobody remembers who paid for the ninth boat, or why it had no name."),
)
WORDS = [word for _, text in TALK for word in text.split()]
READINGS = ("", "x1", "x1 x2", "x1 x2 x3 x4")


def talk_with(places: list[tuple[int, int]]) -> Transcript:
    """The talk with a doubt from each first to each last word; none of its words is certain."""
    talk = transcript(*TALK, speakers=(ADA, GUEST))
    turns = [Turn(turn.speaker, tuple(replace(word, probability=0.4) for word in turn.words)) for turn in talk.turns]
    words = [word for turn in turns for word in turn.words]
    doubts = tuple(Doubt(words[a].start, words[b].end, "unclear", 0.5, "x1") for a, b in places)
    return replace(talk, turns=tuple(turns), doubts=doubts)


def edited(talk: Transcript, texts: list[str]) -> Transcript:
    """The transcript updated from a draft with a text in place of each of its first words."""
    shown = [text or word for text, word in zip(texts, WORDS, strict=True)]
    first = len(TALK[0][1].split())
    draft = f"**Ada**: {' '.join(shown[:first])}\n\n**Guest**: {' '.join(shown[first:])}\n"
    return update_transcript(parse(draft), talk).transcript


doubtful_places = st.lists(st.sampled_from(range(1, len(WORDS) - 2)), min_size=1, max_size=3, unique=True)


@given(starts=doubtful_places, readings=st.lists(st.sampled_from(READINGS[1:]), min_size=3, max_size=3))
def test_an_undone_edit_brings_back_the_doubts_with_their_words(starts: list[int], readings: list[str]) -> None:
    """With the times and the probabilities that they had."""
    talk = talk_with(sorted((start, start) for start in starts))
    settled, texts = Settled(), [""] * len(WORDS)
    for start, reading in zip(starts, readings, strict=False):
        texts[start] = reading
    changed = edited(talk, texts)
    assert changed.doubts == ()
    settled.note(talk, changed)
    assert settled.brought_back(changed).doubts == ()
    undone = settled.brought_back(edited(changed, [""] * len(WORDS)))
    assert undone.doubts == talk.doubts
    assert [word.text for word in undone.words] == WORDS
    before = list(talk.words)
    assert {before[start] for start in starts} <= set(undone.words)


def test_what_was_confirmed_comes_back_only_if_that_is_undone() -> None:
    talk = talk_with([(2, 4), (18, 19)])
    settled, first = Settled(), talk.doubts[0]
    accepted, taken = confirmed(talk, first.start, first.end)
    settled.note(talk, accepted)
    settled.confirm(first.start, first.end)
    changed = edited(accepted, ["x1" if i == 3 else "" for i in range(len(WORDS))])
    settled.note(accepted, changed)
    undone = edited(changed, [""] * len(WORDS))
    assert settled.brought_back(undone).doubts == talk.doubts[1:]
    settled.doubt(taken.doubts)
    before_update = restored(changed, taken)
    settled.note(before_update, undone)
    assert settled.brought_back(undone).doubts == talk.doubts
    assert list(settled.brought_back(undone).words)[2:5] == list(talk.words)[2:5]


def test_a_doubt_without_words_comes_back_when_nothing_is_there_again() -> None:
    talk = talk_with([(2, 2)])
    gap = Doubt(talk.turns[0].end + 0.01, talk.turns[1].start - 0.01, "speech, not transcribed", 0.5, "right")
    talk = replace(talk, doubts=(gap,))
    settled = Settled()
    changed = edited(talk, ["" if i != len(TALK[0][1].split()) - 1 else "down. Right." for i in range(len(WORDS))])
    settled.note(talk, changed)
    assert changed.doubts == ()
    assert settled.brought_back(edited(changed, [""] * len(WORDS))).doubts == (gap,)


def test_an_old_name_is_as_unsure_as_it_was() -> None:
    talk, settled = talk_with([]), Settled()
    source = render(talk)
    renamed = update_transcript(parse(source.replace("Guest", "Bob")), talk, full_names={"Bob": "Bob Moog"}).transcript
    assert renamed.speaker("S2").name == "Bob Moog"
    settled.note(talk, renamed)
    assert settled.brought_back(renamed) == renamed
    again = update_transcript(parse(source), renamed).transcript
    assert again.speaker("S2").suggestion == ""
    assert settled.brought_back(again).speaker("S2") == GUEST
    other = update_transcript(parse(source.replace("Guest", "Kim")), renamed).transcript
    assert settled.brought_back(other) == other
