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
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

from audio.episode import Episode, Seconds
from transcribe.errors import SettingsError
from transcribe.transcript import Word

TABLE = "glossary"  # of a TOML file

_ARROW = re.compile(r"\s*(?:->|=>|→)\s*")
_COMMENT = re.compile(r"(?:^|\s)#.*")
_BULLET = re.compile(r"^[-*•]\s+")
_QUOTES = "\"“”„'‘’"
_LONGEST = 80  # characters of a name or a mishearing
_PARTS = re.compile(r"(\W*)(.*?)((?:['’]s)?\W*)", re.DOTALL)  # marks before; the word; possessive and marks after
_SENTENCE_ENDS = (".", "?", "!", "…")
_ODD_CAPITALS = re.compile(r"\b(?=\w{3,})(?:[A-Z][A-Z0-9]+|\w*[a-z0-9][A-Z]\w*)\b")  # RDO, OpenStack
_GUEST = re.compile(r"\b(?:with|by|mit|met|avec|con)\s+((?:[A-Z][\w'’.-]+\s+)+[A-Z][\w'’-]+)")


@dataclass(frozen=True, slots=True)
class Correction:
    """Words that were replaced: what the recogniser wrote between two times, and what stands there now."""

    start: Seconds
    end: Seconds
    heard: str
    written: str


@dataclass(frozen=True, slots=True)
class Term:
    """A name as it is to be written, and the mishearings that stand for it. Raises `ValueError` for what is no text."""

    name: str
    heard_as: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for text in (self.name, *self.heard_as):
            if not re.search(r"\w", text) or len(text) > _LONGEST or text != " ".join(text.split()):
                raise ValueError(f"{text!r} is not a name of at most {_LONGEST} characters")
        for text in self.heard_as:
            if parts(text)[0] or parts(text)[2]:
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
            for heard in term.heard_as:
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
        return _digest([(term.name, *term.heard_as) for term in self.terms]) if self.terms else ""

    def with_names(self, names: Iterable[str]) -> Glossary:
        """This glossary, and after it those of `names` that nothing in it spells already."""
        known = {text.casefold() for term in self.terms for text in (term.name, *term.heard_as)}
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
    (Term(name='RDO', heard_as=()), Term(name='Ceph', heard_as=()), Term(name='Wuille', heard_as=('Wooler',)))
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


def names_in(episode: Episode, speakers: Sequence[str] = ()) -> tuple[str, ...]:
    """Names a recording is likely to hold: those given, the episode's people, and what its title gives away.

    Of a title only spellings nobody writes by chance (RDO, OpenStack), and who somebody talks with.

    >>> from pathlib import Path
    >>> names_in(Episode(title="OpenStack at home, with Ada Lovelace", path=Path("a.mp3")), ["Rich"])
    ('Rich', 'OpenStack', 'Ada Lovelace')
    """
    title = episode.title if any(character.islower() for character in episode.title) else ""
    found = [*speakers, *(person.name for person in episode.people)]
    found += _ODD_CAPITALS.findall(title) + _GUEST.findall(title)
    return tuple(dict.fromkeys(" ".join(name.split()) for name in found if name.strip()))


def corrected(words: Sequence[Word], glossary: Glossary) -> tuple[tuple[Word, ...], tuple[Correction, ...]]:
    """`words` with each stated mishearing replaced by its name, and what was replaced.

    Whole words only, with no mark between them; marks around them and a possessive stay. The name is written as the
    glossary has it, but for a capital at the start of a sentence. A mishearing written without capitals is found in
    any case, one with capitals only where they are: "Will" is not "will". What reads as a name already is left alone.
    Where several mishearings start at one word, the longest counts.
    """
    known = _by_tokens(glossary)
    longest = max(map(len, known), default=0)
    spans: list[tuple[int, int, str]] = []
    at = 0
    while at < len(words):
        size, name = _match(words[at : at + longest], known)
        if name:
            spans.append((at, at + size, name))
        at += max(size, 1)
    return replaced(words, spans)


def replaced(
    words: Sequence[Word], spans: Iterable[tuple[int, int, str]]
) -> tuple[tuple[Word, ...], tuple[Correction, ...]]:
    """`words` with those of each span (first, stop, name) written as the name, and what was replaced; spans in order,
    none empty or overlapping. Marks around a span stay; its time goes to the name's words by their length."""
    result: list[Word] = []
    corrections: list[Correction] = []
    done = 0
    for first, stop, name in spans:
        result += words[done:first]
        done = stop
        (head, opening, _), (_, _, tail) = parts(words[first].text), parts(words[stop - 1].text)
        opens = first == 0 or words[first - 1].text.rstrip(_QUOTES + ")").endswith(_SENTENCE_ENDS)
        written = name[0].upper() + name[1:] if opens and opening[:1].isupper() else name
        heard = " ".join(word.text for word in words[first:stop])
        heard = heard[len(head) : len(heard) - len(tail)]
        start, end = words[first].start, max(word.end for word in words[first:stop])
        result += _timed(f"{head}{written}{tail}".split(), words[first:stop])
        if heard != written:
            corrections.append(Correction(start, end, heard, written))
    return (*result, *words[done:]), tuple(corrections)


def parts(text: str) -> tuple[str, str, str]:
    """A printed word as the marks before it, the word, and what follows: a possessive and marks.

    >>> parts("(Wooler's,")
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
    heard_as: tuple[str, ...]


def _listed(side: str) -> tuple[str, ...]:
    """What stands between commas, without blanks and quotation marks around it."""
    return tuple(text for part in side.split(",") if (text := part.strip().strip(_QUOTES).strip()))


def _collected(entries: Iterable[_Entry]) -> Glossary:
    """One glossary of all entries; a name that comes again adds its mishearings to the first."""
    glossary = Glossary()
    for place, name, heard_as in entries:
        terms = {term.name: term for term in glossary.terms}
        before = terms[name].heard_as if name in terms else ()
        try:
            terms[name] = Term(name, tuple(dict.fromkeys((*before, *heard_as))))
            glossary = Glossary(tuple(terms.values()))
        except ValueError as exc:
            raise SettingsError(f"{place}: {exc}") from exc
    return glossary


class _Meaning(NamedTuple):
    text: str  # as the glossary has it, names too
    name: str  # what to write for it


def _by_tokens(glossary: Glossary) -> dict[tuple[str, ...], list[_Meaning]]:
    """Every name and mishearing by its words without case."""
    known: dict[tuple[str, ...], list[_Meaning]] = {}
    for term in glossary.terms:
        for text in (term.name, *term.heard_as):
            known.setdefault(tuple(_folded(token) for token in text.split()), []).append(_Meaning(text, term.name))
    return known


def _match(words: Sequence[Word], known: Mapping[tuple[str, ...], list[_Meaning]]) -> tuple[int, str]:
    """The longest name or mishearing that `words` start with, as (words, what to write); "" for what may stand."""
    split = [parts(word.text) for word in words]
    for size in range(len(words), 0, -1):
        before, last = split[: size - 1], split[size - 1]
        if any(tail.strip("'’s") for _, _, tail in before) or any(head for head, _, _ in split[1:size]):
            continue
        said = [*(middle + tail for _, middle, tail in before), last[1]]
        for meaning in known.get(tuple(map(_folded, said)), ()):
            if meaning.text == meaning.name == " ".join(said):
                return size, ""
            if meaning.text != meaning.name and _has_capitals_of(meaning.text, " ".join(said)):
                return size, meaning.name
    return 0, ""


def _has_capitals_of(text: str, said: str) -> bool:
    return len(text) != len(said) or all(s.isupper() for t, s in zip(text, said, strict=True) if t.isupper())


def _folded(text: str) -> str:
    return text.replace("’", "'").casefold()


def _timed(texts: Sequence[str], words: Sequence[Word]) -> list[Word]:
    """`texts` in the place of `words`: one for one where they are as many, else by length over the whole stretch."""
    if len(texts) == len(words):
        return [replace(word, text=text) for word, text in zip(words, texts, strict=True)]
    start, end = words[0].start, max(word.end for word in words)
    probability = min(word.probability for word in words)
    edges = [start + (end - start) * sum(map(len, texts[:i])) / sum(map(len, texts)) for i in range(len(texts) + 1)]
    return [Word(text, edges[i], edges[i + 1], probability) for i, text in enumerate(texts)]
