"""What was settled by an edit is doubtful again when the edit is undone; what was confirmed is not."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from output.markdown import render
from output.parse import parse
from tests.support.counting import counting
from tests.support.transcripts import ADA, transcript
from transcribe.drafts.settled import LONGEST, Settled
from transcribe.drafts.transcript_update import update_transcript
from transcribe.editor.confirmation import confirmed, confirmed_name, restored
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
    confirmed_here = settled.confirm(first.start, first.end)
    changed = edited(accepted, ["x1" if i == 3 else "" for i in range(len(WORDS))])
    settled.note(accepted, changed)
    undone = edited(changed, [""] * len(WORDS))
    assert settled.brought_back(undone).doubts == talk.doubts[1:]
    settled.doubt(confirmed_here)
    before_update = restored(changed, taken)
    settled.note(before_update, undone)
    assert settled.brought_back(undone).doubts == talk.doubts
    assert list(settled.brought_back(undone).words)[2:5] == list(talk.words)[2:5]


@given(
    places=st.lists(st.tuples(st.integers(1, 6), st.integers(6, len(WORDS) - 3)), min_size=2, max_size=4, unique=True),
    inner=st.integers(5, 7),
    edited_at=st.integers(1, len(WORDS) - 3),
)
def test_undoing_a_confirmation_and_the_edit_before_it_brings_back_every_doubt(
    places: list[tuple[int, int]], inner: int, edited_at: int
) -> None:
    """Also the doubts that reach over the confirmed one, which the edit had taken before."""
    talk = talk_with(sorted({*places, (inner, inner)}))
    texts = ["x1" if i == edited_at else "" for i in range(len(WORDS))]
    settled, changed = Settled(), edited(talk, texts)
    settled.note(talk, changed)
    start, end = list(talk.words)[inner].start, list(talk.words)[inner].end
    accepted, taken = confirmed(changed, start, end)
    settled.note(changed, accepted)
    confirmed_here = settled.confirm(start, end)
    over = {doubt for doubt in talk.doubts if doubt.end > start and doubt.start < end}
    undone = settled.brought_back(edited(accepted, [""] * len(WORDS)))
    assert set(undone.doubts) == set(talk.doubts) - over
    settled.doubt(confirmed_here)
    doubtful = restored(accepted, taken)
    assert sorted(doubtful.doubts, key=repr) == sorted(changed.doubts, key=repr)
    undone = settled.brought_back(edited(doubtful, [""] * len(WORDS)))
    assert sorted(undone.doubts, key=repr) == sorted(talk.doubts, key=repr)


def test_undoing_a_confirmation_leaves_what_another_one_confirmed() -> None:
    talk = talk_with([(2, 8), (3, 3), (6, 6)])
    settled, changed = Settled(), edited(talk, ["x1" if i == 4 else "" for i in range(len(WORDS))])
    settled.note(talk, changed)
    first, second = changed.doubts
    assert settled.confirm(first.start, first.end) == talk.doubts[:1]
    assert settled.confirm(second.start, second.end) == ()
    settled.doubt(())
    undone = edited(changed, [""] * len(WORDS))
    assert settled.brought_back(undone).doubts == (first, second)


def long_talk(n_words: int, places: list[tuple[int, int]]) -> Transcript:
    made = transcript(("S1", " ".join(f"w{i}" for i in range(n_words))), speakers=(ADA,))
    words = list(made.words)
    doubts = tuple(Doubt(words[a].start, words[b].end, f"unclear {i}") for i, (a, b) in enumerate(places))
    return replace(made, doubts=doubts)


def test_a_doubt_of_more_words_than_are_kept_does_not_come_back() -> None:
    talk = long_talk(LONGEST + 20, [(5, LONGEST + 4), (5, LONGEST + 5)])
    settled, without = Settled(), replace(talk, doubts=())
    settled.note(talk, without)
    assert settled.brought_back(without).doubts == talk.doubts[:1]


def test_the_work_for_many_long_doubts_grows_with_the_file() -> None:
    """Not with doubts times words: a small file can doubt the whole of its text thousands of times."""

    def calls_for(n: int) -> int:
        talk = long_talk(n, [(0, n - 1 - i % 7) for i in range(n)])
        without = replace(talk, doubts=())
        settled = Settled()
        with counting() as calls:
            settled.note(talk, without)
            settled.brought_back(without)
        return calls.total()

    assert calls_for(8 * LONGEST) < 5 * calls_for(2 * LONGEST)


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


def test_a_refused_name_is_not_suggested_again_by_an_undone_one() -> None:
    talk, settled = talk_with([]), Settled()
    source = render(talk)

    def renamed(now: Transcript, name: str) -> Transcript:
        """As the update of a draft in which the guest has this name."""
        after = update_transcript(parse(source.replace("Guest", name)), now).transcript
        settled.note(now, after)
        return settled.brought_back(after)

    undone = renamed(renamed(talk, "Bob"), "Guest")
    refused, taken = confirmed_name(undone, "Guest")
    settled.note(undone, refused)
    assert renamed(renamed(refused, "Kim"), "Guest").speaker("S2").suggestion == ""
    suggested = restored(refused, taken)
    assert renamed(renamed(suggested, "Kim"), "Guest").speaker("S2") == GUEST
