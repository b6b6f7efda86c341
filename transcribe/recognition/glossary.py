"""Names and jargon a user wrote down, and the mishearings they stated: the file, the table, the corrections. Pure.

A glossary is a text file anybody can write:

    # people
    Pieter Wuille
    Wooler, Willy -> Wuille
    sentos -> CentOS

A line is a name, or what was heard and the name it stands for; `#` starts a comment. In a TOML file the same stands in
a table: `[glossary]`, `Wuille = ["Wooler", "Willy"]`, `RDO = []`.

A stated mishearing is replaced wherever it stands as a whole word, and nothing else is: what only resembles a name is
the business of `transcribe.recognition.name_biasing`, which asks the recogniser.
"""

from __future__ import annotations

import hashlib
import json
import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from audio.episode import Episode
from transcribe.errors import SettingsError

TABLE = "glossary"  # of a TOML file

_ARROW = re.compile(r"\s*(?:->|=>|→)\s*")
_COMMENT = re.compile(r"(?:^|\s)#.*")
_BULLET = re.compile(r"^[-*•]\s+")
QUOTES = "\"“”„'‘’"
_LONGEST = 80  # characters of a name or a mishearing
_PARTS = re.compile(r"(\W*)(.*?)((?:['’]s)?\W*)", re.DOTALL)  # marks before; the word; possessive and marks after
_ODD_CAPITALS = re.compile(r"\b(?=\w{3,})(?:[A-Z][A-Z0-9]+|\w*[a-z0-9][A-Z]\w*)\b")  # RDO, OpenStack
_GUEST = re.compile(r"\b(?:with|by|mit|met|avec|con)\s+((?:[A-Z][\w'’.-]+\s+)+[A-Z][\w'’-]+)")


@dataclass(frozen=True, slots=True)
class Term:
    """A name as it is to be written, and the mishearings that stand for it. Raises `ValueError` for what is no text."""

    name: str
    mishearings: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for text in (self.name, *self.mishearings):
            if not re.search(r"\w", text) or len(text) > _LONGEST or text != " ".join(text.split()):
                raise ValueError(f"{text!r} is not a name of at most {_LONGEST} characters")
        for text in self.mishearings:
            if split_marks(text)[0] or split_marks(text)[2]:
                raise ValueError(f"{text!r} needs no marks or possessive around it: they are found and stay")


@dataclass(frozen=True, slots=True)
class Glossary:
    """Terms, each name once. Raises `ValueError` where a mishearing stands for two names, or is itself a name."""

    terms: tuple[Term, ...] = ()

    def __post_init__(self) -> None:
        names = {term.name for term in self.terms}
        if len(names) < len(self.terms):
            raise ValueError("a name stands twice")
        meaning: dict[str, str] = {}
        for term in self.terms:
            for heard in term.mishearings:
                if heard in names or meaning.setdefault(heard, term.name) != term.name:
                    raise ValueError(f"{heard!r} cannot stand for {term.name!r}: it has another meaning already")

    @property
    def names(self) -> tuple[str, ...]:
        """The names, in the order they were given."""
        return tuple(term.name for term in self.terms)

    @property
    def names_digest(self) -> str:
        """Changes with the names (16 hex digits): what a second reading depends on, beside the recording."""
        return _digest(self.names)

    @property
    def digest(self) -> str:
        """Changes with the names and the mishearings (16 hex digits); "" for an empty glossary."""
        return _digest([(term.name, *term.mishearings) for term in self.terms]) if self.terms else ""

    def with_names(self, names: Iterable[str]) -> Glossary:
        """This glossary, and after it those of `names` that nothing in it spells already."""
        known = {text.casefold() for term in self.terms for text in (term.name, *term.mishearings)}
        fresh = {name.casefold(): Term(name) for name in names if re.search(r"\w", name) and len(name) <= _LONGEST}
        return Glossary((*self.terms, *(term for key, term in fresh.items() if key not in known)))


def read_glossary(path: Path) -> Glossary:
    """The glossary in a text file, or in the table `[glossary]` of a `.toml` file.

    Raises `SettingsError`, which names the file and the line, for one that cannot be read or meant.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
        if path.suffix.lower() == ".toml":
            return from_table(tomllib.loads(text).get(TABLE, {}), source=str(path))
        return parse(text, source=str(path))
    except (OSError, UnicodeDecodeError) as exc:
        raise SettingsError(f"glossary: {path} cannot be read ({exc}); give a text file, a name a line") from exc
    except tomllib.TOMLDecodeError as exc:
        raise SettingsError(f"glossary: {path} is not valid TOML ({exc}); mend that line") from exc


def parse(text: str, *, source: str = "glossary") -> Glossary:
    """The glossary in `text`, whose lines are as in the module's example. Raises `SettingsError`, naming the line.

    >>> parse("RDO, Ceph\\nWooler -> Wuille  # Pieter").terms
    (Term(name='RDO', mishearings=()), Term(name='Ceph', mishearings=()), Term(name='Wuille', mishearings=('Wooler',)))
    """
    entries: list[_Entry] = []
    for number, line in enumerate(text.splitlines(), 1):
        sides = [_listed(side) for side in _ARROW.split(_BULLET.sub("", _COMMENT.sub("", line).strip()))]
        if sides == [()]:
            continue
        if len(sides) > 2 or not all(sides) or (len(sides) == 2 and len(sides[1]) > 1):
            raise SettingsError(f"{source}, line {number}: write `Name`, or `Mishearing, another -> Name`")
        found = [(name, ()) for name in sides[0]] if len(sides) == 1 else [(sides[1][0], sides[0])]
        entries += [_Entry(f"{source}, line {number}", name, heard) for name, heard in found]
    return _collected(entries)


def from_table(table: Any, *, source: str) -> Glossary:
    """The glossary in a TOML table: names with a list of mishearings, or one. Raises `SettingsError`."""
    entries: list[_Entry] = []
    for name, heard in table.items() if isinstance(table, Mapping) else [("", table)]:
        heard = [heard] if isinstance(heard, str) else heard
        if not (name and isinstance(heard, list) and all(isinstance(text, str) for text in heard)):
            raise SettingsError(f'{source}, [{TABLE}]: write `"Name" = ["Mishearing", "another"]`, or `"Name" = []`')
        entries.append(_Entry(f"{source}, [{TABLE}]", name, tuple(heard)))
    return _collected(entries)


def names_from_metadata(episode: Episode, speakers: Sequence[str] = ()) -> tuple[str, ...]:
    """Names a recording is likely to hold: those given, the episode's people, and what its title gives away.

    Of a title only spellings nobody writes by chance (RDO, OpenStack), and who somebody talks with.

    >>> from pathlib import Path
    >>> names_from_metadata(Episode(title="OpenStack at home, with Ada Lovelace", path=Path("a.mp3")), ["Rich"])
    ('Rich', 'OpenStack', 'Ada Lovelace')
    """
    title = episode.title if any(character.islower() for character in episode.title) else ""
    found = [*speakers, *(person.name for person in episode.people)]
    found += _ODD_CAPITALS.findall(title) + _GUEST.findall(title)
    return tuple(dict.fromkeys(" ".join(name.split()) for name in found if name.strip()))


def split_marks(text: str) -> tuple[str, str, str]:
    """A printed word as the marks before it, the word, and what follows: a possessive and marks.

    >>> split_marks("(Wooler's,")
    ('(', 'Wooler', "'s,")
    """
    match = _PARTS.fullmatch(text)
    assert match is not None  # the pattern fits every text
    return match[1], match[2], match[3]


def _digest(value: object) -> str:
    return hashlib.sha256(json.dumps(value, ensure_ascii=False).encode()).hexdigest()[:16]


class _Entry(NamedTuple):
    place: str
    name: str
    mishearings: tuple[str, ...]


def _listed(side: str) -> tuple[str, ...]:
    """What stands between commas, without blanks and quotation marks around it."""
    return tuple(text for part in side.split(",") if (text := part.strip().strip(QUOTES).strip()))


def _collected(entries: Iterable[_Entry]) -> Glossary:
    """One glossary of all entries; a name that comes again adds its mishearings to the first."""
    glossary = Glossary()
    for place, name, mishearings in entries:
        terms = {term.name: term for term in glossary.terms}
        before = terms[name].mishearings if name in terms else ()
        try:
            terms[name] = Term(name, tuple(dict.fromkeys((*before, *mishearings))))
            glossary = Glossary(tuple(terms.values()))
        except ValueError as exc:
            raise SettingsError(f"{place}: {exc}") from exc
    return glossary
