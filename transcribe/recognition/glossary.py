"""A user's glossary: names and jargon with their known mishearings, read from a text file or a TOML table.

The text file:

    # people
    Pieter Wuille
    Wooler, Willy -> Wuille
    sentos -> CentOS

A line is a name, or mishearings and the name to write for them; `#` starts a comment. The TOML table has the same
content: `[glossary]`, `Wuille = ["Wooler", "Willy"]`, `RDO = []`.

What this does not do: replace mishearings (`transcribe.recognition.glossary_correction`), or find words that only
resemble a name (`transcribe.recognition.name_biasing`).
"""

from __future__ import annotations

import hashlib
import io
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from audio.encodings import named, wide_encoding
from audio.episode import Episode
from audio.media import what_else
from audio.trust import read_regular
from transcribe.config.toml_files import read_toml
from transcribe.errors import SettingsError

TABLE = "glossary"  # of a TOML file

_ARROW = re.compile("->|=>|→")
_COMMENT = re.compile(r"(?:^|\s)#.*")
_BULLET = re.compile(r"^[-*•]\s+")
QUOTES = "\"“”„'‘’"
_OTHER_KINDS = {
    "captions": re.compile(r"\A\s*+WEBVTT\b|^(?:\d++:)?\d{1,2}:\d{2}[.,]\d++\s*+-->", re.MULTILINE),
    "JSON": re.compile(r'\A\s*+(?:\{\s*+["}]|\[\s*+[\[{"])'),
    "a draft": re.compile(r"\A---[ \t]*+$|^\*\*[^*\n]++(?:\*\*[ \t]*+:|:\*\*)", re.MULTILINE),
}
_LONGEST = 80  # characters of a name or a mishearing
_MARKS = re.compile(r"\W*+")
_POSSESSIVE = ("'s", "’s")
_ODD_CAPITALS = re.compile(r"\b(?=\w{3,})(?:[A-Z][A-Z0-9]+|\w*[a-z0-9][A-Z]\w*)\b")  # RDO, OpenStack
_GUEST = re.compile(r"\b(?:with|by|mit|met|avec|con)\s+((?:[A-Z][\w'’.-]+\s+)+[A-Z][\w'’-]+)")


@dataclass(frozen=True, slots=True)
class Term:
    """A name as it is written, and its known mishearings. Raises `ValueError` for an invalid text."""

    name: str
    mishearings: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for text in (self.name, *self.mishearings):
            if not re.search(r"\w", text) or len(text) > _LONGEST or text != " ".join(text.split()):
                raise ValueError(f"{text!r} is not a name of at most {_LONGEST} characters")
        for text in self.mishearings:
            if split_marks(text)[0] or split_marks(text)[2]:
                raise ValueError(f"{text!r} needs no marks or possessive around it: they are matched anyway and stay")


@dataclass(frozen=True, slots=True)
class Glossary:
    """Terms with unique names. Raises `ValueError` if a mishearing belongs to two names or is itself a name."""

    terms: tuple[Term, ...] = ()

    def __post_init__(self) -> None:
        names = {term.name for term in self.terms}
        if len(names) < len(self.terms):
            raise ValueError("a name occurs twice")
        name_of: dict[str, str] = {}
        for term in self.terms:
            for mishearing in term.mishearings:
                if mishearing in names or name_of.setdefault(mishearing, term.name) != term.name:
                    raise ValueError(f"{mishearing!r} cannot stand for {term.name!r}: it already has another meaning")

    @property
    def names(self) -> tuple[str, ...]:
        """The names, in the order they were given."""
        return tuple(term.name for term in self.terms)

    @property
    def digest(self) -> str:
        """A digest of names and mishearings (16 hex digits); "" for an empty glossary."""
        if not self.terms:
            return ""
        rows = [(term.name, *term.mishearings) for term in self.terms]
        return hashlib.sha256(json.dumps(rows, ensure_ascii=False).encode()).hexdigest()[:16]

    def with_names(self, names: Iterable[str]) -> Glossary:
        """This glossary, followed by those of `names` it does not contain, as a name or a mishearing."""
        existing = {text.casefold() for term in self.terms for text in (term.name, *term.mishearings)}
        new = {name.casefold(): Term(name) for name in names if re.search(r"\w", name) and len(name) <= _LONGEST}
        return Glossary((*self.terms, *(term for key, term in new.items() if key not in existing)))


_INSTEAD = "give a glossary with one name per line"


def read_glossary(path: Path) -> Glossary:
    """The glossary in a text file, or in the table `[glossary]` of a `.toml` file.

    Raises `SettingsError`, which names the file and the line, if it cannot be read or is invalid.
    """
    if path.suffix.lower() == ".toml":
        return from_table(read_toml(path, instead=_INSTEAD).table.get(TABLE, {}), source=str(path))
    return parse(glossary_text(path), source=str(path))


def glossary_text(path: Path) -> str:
    """The text of a glossary. Raises `SettingsError` if the file cannot be read, or is of another kind."""
    try:
        content = read_regular(path)
        what = what_else(content)
        if not what and (encoding := wide_encoding(content)):
            raise SettingsError(f"{path}: is {named(encoding)} text; save it as UTF-8")
        text = "" if what else io.StringIO(content.decode("utf-8-sig"), newline=None).read()
    except FileNotFoundError as exc:
        raise SettingsError(f"{path}: no such file; {_INSTEAD}") from exc
    except (OSError, UnicodeDecodeError) as exc:
        reason = getattr(exc, "strerror", "not UTF-8 text")
        raise SettingsError(f"{path}: cannot be read ({reason}); {_INSTEAD}") from exc
    what = what or next((kind for kind, pattern in _OTHER_KINDS.items() if pattern.search(text)), "")
    if what:
        raise SettingsError(f"{path}: is {what}, where a glossary is wanted; {_INSTEAD}")
    return text


def parse(text: str, *, source: str = "glossary") -> Glossary:
    """The glossary in `text`, in the format of the module's example. Raises `SettingsError`, naming the line.

    >>> parse("RDO, Ceph\\nWooler -> Wuille  # Pieter").terms
    (Term(name='RDO', mishearings=()), Term(name='Ceph', mishearings=()), Term(name='Wuille', mishearings=('Wooler',)))
    """
    entries: list[_Entry] = []
    for number, line in enumerate(text.splitlines(), 1):
        sides = [_split_list(side) for side in _ARROW.split(_BULLET.sub("", _COMMENT.sub("", line).strip()))]
        if sides == [()]:
            continue
        if len(sides) > 2 or not all(sides) or (len(sides) == 2 and len(sides[1]) > 1):
            raise SettingsError(f"{source}, line {number}: write `Name`, or `Mishearing, another -> Name`")
        terms = [(name, ()) for name in sides[0]] if len(sides) == 1 else [(sides[1][0], sides[0])]
        entries += [_Entry(f"{source}, line {number}", name, mishearings) for name, mishearings in terms]
    return _merge(entries)


def from_table(table: Any, *, source: str) -> Glossary:
    """The glossary in a TOML table of names with a list of mishearings, or a single one. Raises `SettingsError`."""
    entries: list[_Entry] = []
    for name, value in table.items() if isinstance(table, Mapping) else [("", table)]:
        mishearings = [value] if isinstance(value, str) else value
        if not (name and isinstance(mishearings, list) and all(isinstance(text, str) for text in mishearings)):
            raise SettingsError(f'{source}, [{TABLE}]: write `"Name" = ["Mishearing", "another"]`, or `"Name" = []`')
        entries.append(_Entry(f"{source}, [{TABLE}]", name, tuple(mishearings)))
    return _merge(entries)


def names_from_metadata(episode: Episode, speakers: Sequence[str] = ()) -> tuple[str, ...]:
    """Names likely to occur in a recording: the given `speakers`, or those of its tracks; the episode's people, and
    names in its title.

    From a title only unusual capitals (RDO, OpenStack) and the guest ("with Ada Lovelace") are taken.

    >>> from pathlib import Path
    >>> names_from_metadata(Episode(title="OpenStack at home, with Ada Lovelace", path=Path("a.mp3")), ["Rich"])
    ('Rich', 'OpenStack', 'Ada Lovelace')
    """
    title = episode.title if any(character.islower() for character in episode.title) else ""
    names = [*(speakers or [track.name for track in episode.tracks]), *(person.name for person in episode.people)]
    names += _ODD_CAPITALS.findall(title) + _GUEST.findall(title)
    return tuple(dict.fromkeys(" ".join(name.split()) for name in names if name.strip()))


def split_marks(text: str) -> tuple[str, str, str]:
    """Split a printed word into the marks before it, the word, and a possessive and marks after it.

    >>> split_marks("(Wooler's,")
    ('(', 'Wooler', "'s,")
    """
    before, after = (_n_marks(each) for each in (text, text[::-1]))
    if before == len(text):
        return text, "", ""
    end = len(text) - after
    if text.endswith(_POSSESSIVE, before, end):
        end -= len(_POSSESSIVE[0])
    return text[:before], text[before:end], text[end:]


def _n_marks(text: str) -> int:
    """How many characters that belong to no word a text begins with."""
    match = _MARKS.match(text)
    return match.end() if match else 0


class _Entry(NamedTuple):
    place: str
    name: str
    mishearings: tuple[str, ...]


def _split_list(side: str) -> tuple[str, ...]:
    """The items between commas, without blanks and quotation marks around them."""
    return tuple(text for part in side.split(",") if (text := part.strip().strip(QUOTES).strip()))


def _merge(entries: Sequence[_Entry]) -> Glossary:
    """One glossary of all entries. Raises `SettingsError`, which names the first that is at fault."""
    try:
        return _merged(entries)
    except ValueError as exc:
        fault = exc
    n_sound, n_faulty = 0, len(entries)  # a fault stays one, whatever follows it
    while n_faulty - n_sound > 1:
        middle = (n_sound + n_faulty) // 2
        try:
            _merged(entries[:middle])
            n_sound = middle
        except ValueError as exc:
            n_faulty, fault = middle, exc
    raise SettingsError(f"{entries[n_faulty - 1].place}: {fault}") from fault


def _merged(entries: Iterable[_Entry]) -> Glossary:
    """The mishearings of a repeated name are added to its first entry. Raises `ValueError`."""
    terms: dict[str, dict[str, None]] = {}
    for _, name, mishearings in entries:
        terms.setdefault(name, {}).update(dict.fromkeys(mishearings))
    return Glossary(tuple(Term(name, tuple(mishearings)) for name, mishearings in terms.items()))
