"""Where drafts still have what an editor corrected twice: the same mishearing, or one that sounds like it. Pure.

A name that was written at least twice in place of what the machine heard, in one draft or in several, is confirmed.
Proposed is every other place where the machine's words were left and are one of its mishearings, or an unusual word
with a capital that sounds like one of them or like the name. Nothing is changed: few false proposals matter more than
many found.

Sounds alike: a word of letters with the same first sound, a `phonetic_similarity` of at least `ALIKE`, and not the
other with an ending. Of 4,159 unusual words with a capital in 128 public episodes (1.3 million words), 3 % have another
one in the same episode that is so alike, and most of those are one name spelt in two ways.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise, takewhile

from transcribe.alignment.text_diff import NO_MATCH
from transcribe.drafts.corrections import Correction, Edit, context_of, corrections, origins_of
from transcribe.drafts.glossary_learning import TWICE, is_name, ordinary_words
from transcribe.recognition.common_words import is_common
from transcribe.recognition.glossary import split_marks
from transcribe.recognition.phonetics import phonetic_similarity, phonetic_spelling
from transcribe.transcript import Doubt, Transcript
from transcribe.transcript_warnings import DoubtReason

ALIKE = 0.8
LEAST_ALIKE = 0.5  # a mishearing and its name; less is another word, such as a name for "he"
SHORTEST = 4  # letters of what only sounds alike


@dataclass(frozen=True, slots=True)
class Place:
    """Words `first` up to `stop` of a draft, and the name they probably are."""

    first: int
    stop: int
    text: str
    name: str
    context: str


def places_left(edits: Sequence[Edit], *, known: Iterable[str] = ()) -> tuple[tuple[Place, ...], ...]:
    """For each edit the places that probably are a name it was corrected to twice, in order.

    `known` are other names, such as the speakers': what only sounds like a confirmed name is not proposed for them. Nor
    is a phrase of common words that was left more often than corrected.
    """
    made = [tuple(corrections(*edit)) for edit in edits]
    ordinary = ordinary_words(edits)
    n_made = Counter(one.misheard.casefold() for each in made for one in each)
    names = _confirmed([one for each in made for one in each], ordinary)
    if not names:
        return tuple(() for _ in edits)
    approved = {part.casefold() for name in known for part in (name, *name.split())}
    approved |= {part.casefold() for each in made for one in each for part in (one.correct, *one.correct.split())}
    search = _Search(names, ordinary=ordinary, approved=approved)
    found = [tuple(search.places(edit)) for edit in edits]
    n_left = Counter(place.text.casefold() for each in found for place in each)
    phrases = {text for text, left in n_left.items() if all(map(is_common, text.split())) and left > n_made[text]}
    return tuple(tuple(place for place in each if place.text.casefold() not in phrases) for each in found)


def doubts_left(heard: Transcript, now: Transcript) -> tuple[Doubt, ...]:
    """The places of a timed transcript as doubts with the name as the alternative; `heard` is the machine's."""
    words = tuple(now.words)
    edit = [word.text for word in heard.words], [word.text for word in words]
    (places,) = places_left([edit], known=[speaker.name for speaker in now.speakers])
    spans = [(words[place.first : place.stop], place.name) for place in places]
    return tuple(
        Doubt(span[0].start, max(word.end for word in span), DoubtReason.CORRECTED_ELSEWHERE, alternative=name)
        for span, name in spans
        if all(before.start <= after.start for before, after in pairwise(span))  # not moved there
        and any(word.probability < 1 for word in span)  # not confirmed
    )


def _confirmed(made: Sequence[Correction], ordinary: set[str]) -> dict[str, frozenset[str]]:
    """Each name that was corrected to twice, and what it was corrected from, without case."""
    by_name: dict[str, list[Correction]] = {}
    for one in made:
        if phonetic_similarity(one.misheard, one.correct) >= LEAST_ALIKE:
            by_name.setdefault(one.correct, []).append(one)
    return {
        name: frozenset(one.misheard.casefold() for one in group)
        for name, group in by_name.items()
        if len(group) >= TWICE and any(is_name(one, ordinary) for one in group)
    }


class _Search:
    """Looks for confirmed names in drafts; what each word sounds like is found out once."""

    def __init__(self, names: Mapping[str, frozenset[str]], *, ordinary: set[str], approved: set[str]) -> None:
        self._exact = {misheard: name for name, mishearings in names.items() for misheard in mishearings}
        self._by_first_sound: dict[str, list[tuple[str, str]]] = defaultdict(list)  # what may sound alike, its name
        for name, mishearings in names.items():
            for text in (name, *mishearings):
                self._by_first_sound[phonetic_spelling(text)[:1]].append((text, name))
        self._longest = max(misheard.count(" ") + 1 for misheard in self._exact)
        self._ordinary, self._excluded = ordinary, ordinary | approved
        self._sounds: dict[str, str] = {}

    def places(self, edit: Edit) -> Iterator[Place]:
        """The places of one draft, in order; they do not overlap."""
        recognised, edited = edit
        is_left = [origin != NO_MATCH for origin in origins_of(recognised, edited)]
        position = 0
        while position < len(edited):
            n_left = sum(1 for _ in takewhile(bool, is_left[position : position + self._longest]))
            texts = ((size, _core(edited[position : position + size])) for size in range(n_left, 0, -1))
            found = next(((size, text, name) for size, text in texts if (name := self._name_of(text))), None)
            if found is not None:
                size, text, name = found
                yield Place(position, position + size, text, name, context_of(edited, position, position + size))
            position += found[0] if found is not None else 1

    def _name_of(self, text: str) -> str:
        """The name a text of the draft probably is, "" for none or if it is that name."""
        name = self._exact.get(text.casefold(), "")
        small = text[:1].islower() or text.casefold() in self._ordinary
        is_word = " " not in text and small and is_common(text)
        if not name or is_word:
            name = self._sounding_like(text) if " " not in text else ""
        return "" if name == text else name

    def _sounding_like(self, word: str) -> str:
        if word not in self._sounds:
            is_unusual = word[:1].isupper() and not is_common(word) and word.casefold() not in self._excluded
            near = self._by_first_sound.get(phonetic_spelling(word)[:1], ()) if is_unusual else ()
            best, name = max(((_alike(word, text), name) for text, name in near), default=(0.0, ""))
            self._sounds[word] = name if best >= ALIKE else ""
        return self._sounds[word]


def _core(words: Sequence[str]) -> str:
    """The words without the marks around them and without a possessive at the end; "" if marks divide them."""
    split = [split_marks(word) for word in words]
    if any(tail for _, _, tail in split[:-1]) or any(head for head, _, _ in split[1:]):
        return ""
    return " ".join(core for _, core, _ in split)


def _alike(word: str, other: str) -> float:
    """How alike two words sound: 0 if one is short, has other signs than letters, or is the other with an ending."""
    ours, theirs = phonetic_spelling(word), phonetic_spelling(other)
    are_words = word.isalpha() and other.isalpha() and min(len(ours), len(theirs)) >= SHORTEST
    has_ending = ours != theirs and (ours.startswith(theirs) or theirs.startswith(ours))
    return phonetic_similarity(word, other) if are_words and not has_ending else 0.0
