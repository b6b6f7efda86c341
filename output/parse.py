"""A draft or a published post as turns. Every byte is preserved, so that the unchanged parts are written back exactly.

The rules are P1-P10 of the house style. Bold markers count; other forms (`R: …`, `### Rich`) count if the post uses one
of them throughout, see `output.markers`. The assignment of turns to voices in the recording happens elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from audio.trust import read_regular
from output import frontmatter
from output.block_reader import blocks_of, definitions_in
from output.conflicts import check_resolved
from output.errors import NotADraftError, OutputError
from output.headings import first_heading
from output.kinds import check_is_text, check_is_utf8, command_for_draft, head_of, stated_kind
from output.label_matching import NamesSoFar
from output.marker_forms import Marker
from output.markers import ParseWarning, WarningKind, markers_in, plain_label
from output.speech import spoken, spoken_text

_OPENED = re.compile(r"<(p|div|li|dd|dt)[ >]")


@dataclass(frozen=True, slots=True)
class DraftTurn:
    """A turn in the source: `marker` and `raw` joined are its text, with the blank lines after it."""

    speaker: str  # the name for the label, as far as the post gives it
    label: str  # as printed, without bold and colon
    marker: str
    raw: str
    line: int  # of the marker, from 1
    definitions: str = ""  # of the post's links

    @property
    def said(self) -> str:
        """The source up to the first heading: what stands below one belongs to nobody."""
        return self.raw[: first_heading(self.raw)]

    @property
    def aside(self) -> str:
        """The source from the first heading on."""
        return self.raw[len(self.said) :]

    @property
    def text(self) -> str:
        """The Markdown of what is said, with `\\n` line breaks, without surrounding blanks and without the end of the
        HTML element that begins before the label (`<p><b>Ann:</b> So.</p>`)."""
        opened = _OPENED.match(self.marker)
        said = re.sub(rf"</{opened[1]}\s*>", "", self.said, count=1) if opened else self.said
        return said.replace("\r\n", "\n").strip()

    @property
    def spoken(self) -> str:
        """The words alone: see `output.speech`."""
        return spoken_text(self.said, self.definitions)


@dataclass(frozen=True, slots=True)
class Draft:
    """A post in five parts that are its source when joined: see `source`."""

    front_matter: str  # with its `---` lines, and a byte order mark
    preamble: str
    turns: tuple[DraftTurn, ...]
    epilogue: str
    warnings: tuple[ParseWarning, ...]

    def __hash__(self) -> int:
        """Of what takes no time, as each lint rule looks up what another has found in the same draft."""
        return hash((self.front_matter, self.preamble, self.epilogue, len(self.turns)))

    @property
    def fields(self) -> Mapping[str, Any]:
        """The front matter's keys and values, dates and numbers as text; empty if it cannot be read."""
        try:
            return frontmatter.read(self.front_matter) if self.front_matter else {}
        except ValueError:
            return {}

    @property
    def speakers(self) -> tuple[str, ...]:
        """The speakers, in the order of their first turns."""
        return tuple(dict.fromkeys(turn.speaker for turn in self.turns))

    @property
    def body(self) -> str:
        """The text of the post without its front matter."""
        return self.preamble + "".join(turn.marker + turn.raw for turn in self.turns) + self.epilogue

    def source(self) -> str:
        """The text of the post; the parts that were not changed are exactly as they were read."""
        return self.front_matter + self.body

    def encoded(self) -> bytes:
        """`source` as the bytes of a file, including bytes that were not UTF-8."""
        return self.source().encode(errors="surrogateescape")

    def as_contract(self) -> dict[str, Any]:
        """The value that `transcribe parse` prints as JSON."""
        return {
            "front_matter": dict(self.fields),
            "turns": [_turn_fields(turn) for turn in self.turns],
            "warnings": list(map(str, self.warnings)),
        }


def _turn_fields(turn: DraftTurn) -> dict[str, Any]:
    """A turn for `transcribe parse`; `aside` is what stands below a heading after it, and is nobody's."""
    fields = {"speaker": turn.speaker, "label": turn.label, "text": turn.text, "line": turn.line}
    aside = turn.aside.replace("\r\n", "\n").strip()
    return {**fields, "aside": aside} if aside else fields


_NAMED = 12  # names in a warning
_ITALIC = re.compile(
    r"(\*\*_|__\*|\*{1,3}|_{1,3})(?=\S)(?!\*\*[^*\n]{1,40}\*\*:?)(.+?)(?<=\S)(?:_\*\*|\*__|\1)\Z", re.DOTALL
)


def parse(source: str) -> Draft:
    """The draft in a post's text. It never fails; `warnings` has what is unusual.

    >>> draft = parse("Intro.\\n\\n**Rich**: Hello.\\n\\n**R**: And\\nmore.")
    >>> [(turn.speaker, turn.label, turn.text, turn.line) for turn in draft.turns]
    [('Rich', 'Rich', 'Hello.', 3), ('Rich', 'R', 'And\\nmore.', 5)]
    """
    front_matter, body = frontmatter.split(source)
    markers, warnings = markers_in(body, first_line=front_matter.count("\n") + 1, about=front_matter)
    if front_matter:
        try:
            frontmatter.read(front_matter)
        except ValueError as error:
            message = f"front matter cannot be read: {error}"
            warnings.insert(0, ParseWarning(WarningKind.FRONT_MATTER, 1, message))
    definitions = definitions_in(body)
    ends = [*(marker.start for marker in markers[1:]), len(body)] if markers else []
    turns = [
        DraftTurn(
            speaker,
            plain_label(marker.label),
            body[marker.start : marker.end],
            body[marker.end : end],
            marker.line,
            definitions,
        )
        for marker, speaker, end in zip(markers, _speakers(markers, warnings), ends, strict=True)
    ]
    epilogue = ""
    if turns:
        raw, epilogue = _without_epilogue(turns[-1].raw)
        turns[-1] = replace(turns[-1], raw=raw)
    preamble = body[: markers[0].start] if markers else body
    return Draft(front_matter, preamble, tuple(turns), epilogue, tuple(warnings))


def read_draft(path: Path) -> Draft:
    """The draft in a file. Raises `OutputError` as `read_source` does, and if git could not merge two edits in it."""
    source = read_source(path)
    check_resolved(source, path)
    return parse(source)


def read_source(path: Path) -> str:
    """The text of a draft's file. Raises `OutputError` if the file cannot be read, is no text in UTF-8, or a timed
    transcript."""
    try:
        check_is_text(path, head_of(path))
        source = read_regular(path).decode(errors="surrogateescape")
    except OSError as error:
        raise OutputError(f"{path}: cannot be read ({error.strerror}); give the path of a draft") from error
    check_is_draft(path, source)
    return source


def check_is_draft(path: Path, source: str) -> None:
    """Raise `NotADraftError` for the path of a timed transcript, and for a text that states to be no draft, or is
    UTF-16 or UTF-32, whatever it was read as."""
    check_is_utf8(path, source[:8].encode(errors="surrogateescape"))
    if path.suffix.lower() == ".json":
        raise NotADraftError(f"{path}: is a timed transcript, not a draft; give {path.with_suffix('.md')}")
    if (kind := stated_kind(source)) is not None:
        raise NotADraftError(f"{path}: is {kind}, not a draft; to make one of it: {command_for_draft(path)}")


def _speakers(markers: list[Marker], warnings: list[ParseWarning]) -> Iterator[str]:
    """The speaker of each marker: one named earlier if the label fits exactly one name, else the label."""
    labels = [plain_label(marker.label) for marker in markers]
    names = NamesSoFar(dict.fromkeys(labels))
    known: dict[str, str] = {}  # label → speaker
    for marker, label in zip(markers, labels, strict=True):
        if label not in known:
            candidates = names.fitting(label)
            if len(candidates) > 1:
                message = f"{label!r} could be {_alternatives(candidates)}"
                warnings.append(ParseWarning(WarningKind.AMBIGUOUS_LABEL, marker.line, message))
            known[label] = candidates[0] if len(candidates) == 1 else label
            if known[label] == label:
                names.add(label)
        yield known[label]


def _alternatives(names: Sequence[str]) -> str:
    """The names in words, `_NAMED` of them at most: with each label of thousands they would fill the memory."""
    rest = len(names) - _NAMED
    return " or ".join(names) if rest <= 1 else f"{' or '.join(names[:_NAMED])} or one of {rest} others"


def _without_epilogue(raw: str) -> tuple[str, str]:
    """The last turn's source, and what at its end is not speech: from the first heading on, and before it the notes.

    A note is a paragraph without a label that is entirely in italics; among and below notes may stand what nobody says:
    pictures, comments, definitions. A sound such as `_laughs_` is part of the turn.
    """
    heading = first_heading(raw)
    cut = end = len(raw) if heading is None else heading  # between them are blanks only
    for match in reversed(list(re.finditer(r"(?:(?<=\n)|\A)[ \t]*\r?\n+", raw[:cut]))):
        paragraph = raw[match.end() : end].strip()
        end = match.end()
        if _ITALIC.match(paragraph) and (len(paragraph.split()) >= 3 or ":" in paragraph):
            cut = end
        elif paragraph and spoken(blocks_of(paragraph)):
            break
    return raw[:cut], raw[cut:]
