"""Who speaks, by the evidence of the whole document: labels that recur and alternate, and have speech behind them.

A form counts if the document uses it consistently. A section of show notes, an event, "Note:" or "Civilization:
Revolution" stands once, or has no speech behind it. Lists of words decide only what occurs once.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice

from output.marker_forms import Candidate, Form
from transcribe.scripts import has_end_mark, units

EVENTS = frozenset(
    "break laughter laughing laughs music applause sponsor sponsors ad ads advertisement intro outro crosstalk "
    "silence note notes warning update edit jingle picks links shownotes timestamps".split()
) | {"show notes"}
PERSON = " (speaker)"
"""Behind a person's label that would otherwise name a section."""
_SECTIONS = frozenset(
    "http https mailto ftp tl;dr n.b nb ps p.s hosts guests link links resource resources tag tags date title source "
    "author credits transcript recording recorded duration topic topics chapters thanks example summary picks panel "
    "panelists notes reading shownotes sponsor sponsors sponsored timestamps references mentioned subscribe links "
    "description introduction background conclusion overview agenda contact license about download listen".split()
)
_OPENERS = frozenset(
    "also and answer but conclusion contact editor fact finally first license no ok okay plus point problem producer "
    "question remember result second so solution subscribe then third website well yes".split()
)  # can begin a sentence before a colon, and is not a name
_PARTICLES = frozenset("de la van von der den di da do du and of the bin ibn al el &".split())
_FACTS = re.compile(r"https?://\S+|\\?[\[(<]?\d{1,2}:\d\d(?::\d\d)?(?:\.\d+)?\\?[\])>]?")  # addresses and times
_SPEECH_WORDS = 6  # or a sentence's end: what follows a label of a conversation, and seldom one of a list of facts
_FEWEST = 2  # people who speak twice each, if only bold type tells their names from the text
_ALONE = (Form.PLAIN_LINE, Form.BOLD_LINE, Form.NAME_LINE, Form.HEADING, Form.DEFINITION)
_WEAKEST = (Form.NAME_LINE, Form.HEADING, Form.BOLD_LINE)
_MOST_TINY = 3  # turns of a text so short that nobody speaks twice
_COVERED = 0.6  # of the paragraphs, or of the markers of a form


@dataclass(frozen=True, slots=True)
class Labelled:
    """A candidate with its label as it is displayed."""

    candidate: Candidate
    label: str


def is_event(label: str) -> bool:
    """Whether a label names an event instead of a speaker."""
    return label.casefold().strip("[]() .") in EVENTS


def is_name(label: str) -> bool:
    """Whether each word begins as one of a name does: `Dr. Ann van Dam`, `Speaker 1`, `SPEAKER_00`, `大明`."""
    words = label.partition("(")[0].split()
    return 0 < len(words) <= 4 and all(_begins_name(word, i) or word in _PARTICLES for i, word in enumerate(words))


def opens_sentence(label: str) -> bool:
    """Whether what stands before a colon can be prose or a heading."""
    return label.casefold() in _SECTIONS or label.split()[0].casefold() in _OPENERS


def is_section(label: str) -> bool:
    """Whether it names a part of show notes, as far as its words say."""
    if label.endswith(PERSON):
        return False
    return any(word.strip(".,'’s") in _SECTIONS or word in _SECTIONS for word in label.casefold().split())


def _begins_name(word: str, place: int) -> bool:
    letter = word[0]
    return letter.isupper() or (letter.isalpha() and not letter.islower()) or (place > 0 and letter.isdigit())


class Recurrence:
    """How often the people of some labels are named: `Rich` and `R`, `Ben Striegel` and `Ben` count together."""

    def __init__(self, labels: Iterable[str]) -> None:
        self._whole = Counter(labels)
        self._firsts: Counter[str] = Counter()
        self._initials: Counter[str] = Counter()
        for label, count in self._whole.items():
            self._firsts[label.split()[0]] += count
            if len(label) > 1:
                self._initials[label[0]] += count

    def __getitem__(self, label: str) -> int:
        if len(label) == 1:
            return self._whole[label] + self._initials[label]
        return self._firsts[label.split()[0]] + self._whole[label[0]]


def has_speech(candidate: Candidate) -> bool:
    """Whether words follow that can be spoken: more than a time or an address, and no list."""
    if not candidate.text:
        return bool(candidate.follows)
    return candidate.goes_on or bool(_FACTS.sub(" ", candidate.text).strip())


def _is_sentence(candidate: Candidate) -> bool:
    text = candidate.text
    return not text or has_end_mark(text) or sum(1 for _ in islice(units(text), _SPEECH_WORDS)) == _SPEECH_WORDS


def people_in_bold(marks: Sequence[Labelled]) -> frozenset[str]:
    """The labels of a form that is made for labels, bold with a colon: all but those with evidence against them."""
    times = Recurrence(one.label for one in marks)
    recurring = [i for i, one in enumerate(marks) if times[one.label] > 1]
    by_label = defaultdict[str, list[int]](list)
    for i, one in enumerate(marks):
        by_label[one.label].append(i)
    facts = sum(is_section(one.label) or not has_speech(one.candidate) for one in marks)
    if not recurring and len(by_label) > 2 and 2 * facts >= len(marks):
        return frozenset()  # a list of facts
    last = len(marks) - 1

    def is_person(label: str, places: Sequence[int]) -> bool:
        candidates = [marks[i].candidate for i in places]
        spoken = sum(map(has_speech, candidates))
        if is_section(label):
            return spoken > 1
        if times[label] > 1:
            return True
        if not spoken:
            return places == [last] and not candidates[0].text and candidates[0].follows is None  # cut off
        is_inside = not recurring or recurring[0] < places[0] < recurring[-1]
        return is_inside or _is_sentence(candidates[0]) or not _is_phrase(label)

    return frozenset(label for label, places in by_label.items() if is_person(label, places))


def people_in(marks: Sequence[Labelled], *, covered: float, named: frozenset[str], opens: bool) -> frozenset[str]:
    """The labels of any other form, if it is used for turns; `marks` are all its lines, of names or not.

    `covered` is the share of the text's paragraphs that begin so; `opens`: the first of them does; `named` is what the
    text says of itself in front of its turns, in words.
    """
    form = marks[0].candidate.form
    usable = [one for one in marks if _can_be(one, covered)]
    times = Recurrence(one.label for one in usable)
    most = max(map(times.__getitem__, (one.label for one in usable)), default=0)
    usable = [one for one in usable if not opens_sentence(one.label) or 2 * times[one.label] > most]
    recurring = [one for one in usable if times[one.label] > 1]
    labels = {one.label for one in usable}
    if form is Form.BOLD_START and (covered < _COVERED or len(recurring) < len(marks) or len(labels) < _FEWEST):
        return frozenset()  # words in bold
    consistent = len(recurring) >= _COVERED * len(marks) if form in _ALONE else 2 * len(recurring) >= len(usable)
    if recurring and consistent and (len(labels) > 1 or form is Form.STAMPED or len(recurring) > 2 or covered == 1):
        sure = {one.label for one in recurring} | {usable[0].label}
        if covered == 1:  # every paragraph has a label; in a script without capitals no more can be asked of a name
            sure |= {one.label for one in usable if not _has_case(one.label) and _is_sentence(one.candidate)}
        if form not in (Form.PLAIN, Form.DASH) or covered * len(recurring) > 0.95 * len(usable):
            return frozenset(labels)
        return frozenset(label for label in labels if label in sure or " " in label or _is_known(label, named))
    tiny = not recurring and len(usable) == len(marks) and (form not in _ALONE or len(usable) <= _MOST_TINY)
    if form in _WEAKEST:
        tiny = tiny and opens and not any(is_section(label) for label in labels)
    if tiny and len(labels) > 1 and (covered >= _COVERED or (form in _ALONE and opens)):
        return frozenset(labels)
    return frozenset(labels) if form is Form.STAMPED and len(usable) == 1 == len(marks) and opens else frozenset()


def _has_case(label: str) -> bool:
    return label.lower() != label.upper()


def _is_phrase(label: str) -> bool:
    """Whether it is words, of which the last is no name: `Resources mentioned`."""
    return " " in label and label.split()[-1][0].islower()


def _can_be(one: Labelled, covered: float) -> bool:
    label = one.label
    if label.casefold() in _SECTIONS or is_event(label) or not has_speech(one.candidate):
        return False
    return is_name(label) or (covered >= 0.8 and len(label.split()) == 1)


def _is_known(label: str, named: frozenset[str]) -> bool:
    return named.issuperset(re.findall(r"\w+", label))
