"""How drafts and documents look: the settings of the last stage, declared once. The defaults are the house style.

`Settings` inherits them, and the writers in `output` take a `Style`. A new setting is a field here, read by the writer
that it changes.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, get_args

from transcribe.declaration import check_declared, render_setting
from transcribe.errors import SettingsError

LabelStyle = Literal["name-then-initial", "initial", "name", "full-name-then-name"]
Colon = Literal["outside", "inside"]
DocxTimes = Literal["text", "comments", "none"]
_SWITCH = ("", "true", "false")
_INSTEAD = (
    "write `{name} = true` next to the other keys of the table [front_matter] in transcribe.toml (docs/drafts.md)"
)


@dataclass(frozen=True)
class Style:
    """How drafts look, and what exports need besides the transcript.

    Raises `SettingsError`, which names the setting, for an invalid value.
    """

    LEAST_TURN_WORDS: ClassVar[int] = 90  # shorter turns are one paragraph
    LONGEST_PARAGRAPH_WORDS: ClassVar[int] = 400  # unless one sentence is longer

    labels: LabelStyle = render_setting(
        "name-then-initial",
        "Speaker labels in bold: Rich, then R; always R; always Rich; or Rich Bowen, then Rich.",
        choices=get_args(LabelStyle),
    )
    colon: Colon = render_setting("outside", "Position of the colon: **R**: or **R:**.", choices=get_args(Colon))
    wrap: int = render_setting(
        70, "Line width in columns, from 20; 0: one line per paragraph.", between=(0, 10_000), metavar="N"
    )
    doubtful_below: float = render_setting(
        0.0, "Mark words with a probability below this as [word?].", between=(0, 1), metavar="P"
    )
    clock_minutes: int = render_setting(
        -1,
        "Insert a time such as [12:34] every N minutes; 0: at every turn; -1: never.",
        between=(-1, 1440),
        metavar="N",
    )
    author: str = render_setting("", "Author in the front matter.", metavar="NAME")
    tags: tuple[str, ...] = render_setting((), "Tags in the front matter, separated by commas.", metavar="LIST")
    comments: str = render_setting(
        "", "Front matter key comments.", choices=_SWITCH, instead=_INSTEAD.format(name="comments")
    )
    published: str = render_setting(
        "", "Front matter key published.", choices=_SWITCH, instead=_INSTEAD.format(name="published")
    )
    front_matter: str = render_setting(
        "",
        "Keys and values of the front matter as JSON; the table [front_matter] of transcribe.toml is easier to write.",
        metavar="JSON",
    )
    docx_times: DocxTimes = render_setting(
        "text",
        "Where docx gives the start time of a turn: before the turn, in a comment, or nowhere.",
        choices=get_args(DocxTimes),
    )
    transcript_url: str = render_setting(
        "",
        "Address of the folder transcripts are published in, for the podcast format. Default: the audio's folder.",
        metavar="URL",
    )

    def __post_init__(self) -> None:
        check_declared(self)
        try:
            template = self.template
        except (ValueError, RecursionError) as error:
            raise SettingsError(f"front-matter: {self.front_matter!r} is not JSON ({error})") from error
        if template is not None and not isinstance(template, dict):
            raise SettingsError(f"front-matter: {self.front_matter!r} is not a table of keys and values")

    @property
    def template(self) -> dict[str, Any] | None:
        """The front matter's template, key by key in order; None: the house style's.

        >>> Style(front_matter='{"title": "{title}"}').template
        {'title': '{title}'}
        """
        fields: dict[str, Any] | None = json.loads(self.front_matter) if self.front_matter else None
        return fields
