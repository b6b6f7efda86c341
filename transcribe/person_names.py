"""Names of people: titles, first names, and whether two forms can be one person's ("Rich", "Rich Bowen"). Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum
from functools import cache
from itertools import dropwhile

_TITLES = frozenset(
    "dame dr herr frau lord lady madam miss mister mr mrs ms mx prof professor rev reverend sir "
    "madame mademoiselle mlle mme monsieur sr sra señor señora srta dhr mevr mevrouw signor signora dott".split()
)
_AFTER_NAMES = frozenset("bsc dds dphil esq ii iii iv jd jr llm mba md msc ph phd pmp ra rn sr".split())
# Short forms that do not follow from their letters; a group each. A common beginning is no evidence: "Jon" and "Jonas".
_FORMS = """
abby abbie abigail; al albert alan allan alfred alvin; alex alec alexander alexandra alexandre alexis alejandro;
ali alison allison; andy drew andrew andreas andrea; angie angela; annie ann anne anna annette; ant tony anthony
antonio antoine; archie archibald; art arthur; barb barbara; becky becca rebecca; ben benny benji benjamin
bennett benedict; bernie bernard; beth betty betsy liz lizzie eliza lisa libby elizabeth elisabeth; bill billy
will willy liam william wilhelm; bob bobby rob robby robbie robert roberto bert; brad bradley bradford; cal
calvin callum; cam cameron; cathy kathy kate katie kat kay katherine catherine kathryn kathleen katrina
katarina; charlie chuck chas charles charlotte; chris kit christopher christoph christian christine christina
christian kristen; cindy cynthia; claire clara; dan danny daniel daniela danielle; dave davy david; deb debbie
deborah debra; deni denise dennis; dick rick ricky rich richie richard ricardo; don donny donald; doug douglas;
ed eddie ted ned teddy edward edwin edgar eduardo; ellie nell ellen eleanor elena; em emily emma; ernie ernest;
eve evelyn; ezra ez; fran frances francesca francis francisco; frank franklin francis francisco; fred freddie
frederick friedrich frederic; gabe gabriel; gabby gabriela gabrielle; gary garrett; gene eugene; geoff jeff
geoffrey jeffrey; gerry jerry gerald gerard jerome jeremy; gina regina; greg gregory; gus august augustus; hal
harry henry harold; hank henry; ike isaac; izzy isabel isabella; jack john jackson; jackie jacqueline; jake
jacob jakob; jamie jim jimmy james; jan janet janice; jas jason; jen jenny jennifer; jess jessie jessica; jo joe
joey joseph joanna joanne josephine; johnny john jonathan; jon john jonathan jonny; josh joshua; judy judith;
julie julia julian; ken kenny kenneth; kev kevin; kim kimberly; larry lawrence laurence; laura laurie lauren;
len lenny leonard leo; lou louis lewis louise; luke lucas; maggie meg peggy margaret margot; mandy amanda; manny
manuel emmanuel; marge margie marjorie; marty martin; mary marie maria molly; matt matty matthew matthias; max
maxwell maximilian maxim; mel melanie melissa melvin; mick mickey mike mikey michael mikael; mimi miriam; mitch
mitchell; nat nathan nathaniel natalie natasha; nate nathan nathaniel; nick nicky nicholas nicolas nicola niko;
nina antonina; norm norman; ollie oliver olivia; pam pamela; pat patty patrick patricia tricia; paddy patrick;
pete peter pieter; phil philip phillip philippe; rafa raf rafael raphael; ray raymond; reg reggie reginald; ron
ronnie ronald; rosie rose rosemary; rudy rudolf; russ russell; sal salvatore sally; sam sammy samuel samantha;
sandy sandra alexander alexandra; sasha alexander alexandra; seb bas sebastian; sid sidney sydney; steve stevie
steven stephen stefan stephan; stan stanley; steph stephanie; stu stuart stewart; sue susie suzie susan suzanne
suz; tara tarah; ted theodore theo; terry terence theresa; tess theresa tessa; theo theodore; tim timmy timothy;
tina christina martina; tom tommy thomas tomas; trish patricia; val valerie valentin valentina; vic victor
victoria; vicky victoria; vince vinny vincent; vinny vincent; wally walter wallace; walt walter; wes wesley;
zach zack zak zachary; zoe zoey
"""
_MOST_GIVEN = 3  # given names behind a last one
_SIMILAR = 0.75  # of the letters: recognisers misspell names ("Haykel" for "Haikel")


class NameCertainty(StrEnum):
    """Where a speaker's name comes from, and so how far to trust it."""

    EDITED = "edited"  # from an editor
    GIVEN = "given"  # by the user for this person's track, or by the name of its file
    VOICEPRINT = "voiceprint"  # the voice matches an enrolled one
    STATED = "stated"  # speech in the recording ties the name to the voice
    INFERRED = "inferred"  # the voice is clearly the host, or the only one
    ELIMINATION = "elimination"  # the last name for the last voice: as certain as the others
    GUESS = "guess"
    PLACEHOLDER = "placeholder"  # no name is known
    UNKNOWN = "unknown"  # not recorded, as in older files


@dataclass(frozen=True, slots=True)
class Name:
    """What somebody is called, the evidence for it, in words, and how far to trust it."""

    text: str
    evidence: str
    certainty: NameCertainty


def untitled(name: str) -> str:
    """A name without its leading titles. A name that is only a title is unchanged, and so is "Mr. T".

    >>> untitled("Prof. Dr. Jane Hill"), untitled("Sir"), untitled("Drew Ek"), untitled("Mr. T")
    ('Jane Hill', 'Sir', 'Drew Ek', 'Mr. T')
    """
    words = name.split()
    rest = list(dropwhile(lambda word: word.casefold().rstrip(".") in _TITLES, words[:-1])) + words[-1:]
    return " ".join(rest if len("".join(rest).rstrip(".")) > 1 else words)


def is_title(word: str) -> bool:
    """Whether a word is a title before a name, with a capital as titles have there, and without a mark but a dot.

    >>> is_title("Mr."), is_title("Frau"), is_title("Sir,"), is_title("miss")
    (True, True, False, False)
    """
    return word[:1].isupper() and word.casefold().removesuffix(".") in _TITLES


def in_speaking_order(name: str) -> str:
    """A name as it is said, where a directory has the last name first ("Lee, Ann"); any other name unchanged.

    >>> in_speaking_order("Lee, Ann (Guest)"), in_speaking_order("van Dam, Ravi K."), in_speaking_order("Ann Lee, PhD")
    ('Ann Lee (Guest)', 'Ravi K. van Dam', 'Ann Lee, PhD')
    """
    plain, bracket, note = name.partition(" (")
    last, comma, first = plain.partition(", ")
    words = first.split()
    one_last = last.split()[:-1] == [] or last[:1].islower()
    if not comma or "," in first or not 1 <= len(words) <= _MOST_GIVEN or not one_last:
        return name
    if any(word.casefold().replace(".", "") in _AFTER_NAMES for word in words) or not all(map(_is_name, words)):
        return name
    return f"{first.strip()} {last}{bracket}{note}"


def _is_name(word: str) -> bool:
    return word[0].isalpha() and not word[0].islower()


def first_name(name: str) -> str:
    """The first word of a name without its titles.

    >>> first_name("Dr. Jane Hill"), first_name("Rich Bowen"), first_name("Mr. T")
    ('Jane', 'Rich', 'Mr. T')
    """
    first, *rest = untitled(name).split()
    return " ".join((first, *rest)) if first.casefold().rstrip(".") in _TITLES else first


def are_same(name: str, other: str) -> bool:
    """Whether two names can be one person's: the same or similar first names, and so the last ones if both have one.

    A title with a last name alone is anybody's of that last name.

    >>> are_same("Haykel", "Dr. Haikel Guemar"), are_same("Ada Lovelace", "Ada Byron")
    (True, False)
    >>> are_same("Bob", "Robert Moog"), are_same("Jon", "Jonas Lund"), are_same("Dr. Hill", "Jane Hill")
    (True, False, True)
    """
    ours, theirs = untitled(name).casefold().split(), untitled(other).casefold().split()
    for own, others, title in ((ours, theirs, name), (theirs, ours, other)):
        if len(own) == 1 < len(others) and untitled(title) != title:
            return name_similarity(own[0], others[-1]) >= _SIMILAR
    first = name_similarity(ours[0], theirs[0]) >= _SIMILAR
    if len(ours) > 1 and len(theirs) > 1:
        return first and name_similarity(ours[-1], theirs[-1]) >= _SIMILAR
    return first


def may_be(name: str, other: str) -> bool:
    """Whether a person called `name` may introduce themselves as `other`.

    True if any two words are similar, one is short for the other, or their alphabets cannot be compared.

    >>> may_be("Dr. Hill", "Jane Hill"), may_be("Liz", "Elizabeth"), may_be("Bob", "Jack")
    (True, True, False)
    """
    ours, theirs = untitled(name).casefold().split(), untitled(other).casefold().split()
    return any(
        one.isascii() != two.isascii()
        or name_similarity(one, two) >= _SIMILAR
        or (min(len(one), len(two)) >= 3 and (one in two or two in one))
        for one in ours
        for two in theirs
    )


def name_similarity(one: str, other: str) -> float:
    """How alike two casefolded names are, 0 to 1: the share of letters in common, or short forms of one name.

    0 if the first letters differ; a name that only begins like another ("Jon", "Jonas") is another.
    """
    if one == other:
        return 1.0
    if are_forms_of_one(one, other):
        return 0.99
    if one[0] != other[0] or ((one.startswith(other) or other.startswith(one)) and abs(len(one) - len(other)) > 1):
        return 0.0
    return SequenceMatcher(None, one, other).ratio()


def without_matches(names: Sequence[str], taken: Sequence[str]) -> list[str]:
    """The names that cannot belong to anybody in `taken`."""
    return [name for name in names if not any(are_same(name, other) for other in taken)]


@cache
def _groups() -> dict[str, frozenset[int]]:
    """Name → the numbers of the groups it belongs to."""
    found: dict[str, set[int]] = {}
    for number, group in enumerate(_FORMS.split(";")):
        for name in group.split():
            found.setdefault(name, set()).add(number)
    return {name: frozenset(numbers) for name, numbers in found.items()}


def is_given_name(name: str) -> bool:
    """Whether a casefolded word is a given name, as far as the list of their forms goes."""
    return name in _groups()


def are_forms_of_one(name: str, other: str) -> bool:
    """Whether two casefolded given names are forms of the same one.

    >>> are_forms_of_one("bob", "robert"), are_forms_of_one("jon", "jonas")
    (True, False)
    """
    return not _groups().get(name, frozenset()).isdisjoint(_groups().get(other, frozenset()))
