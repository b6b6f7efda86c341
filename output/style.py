"""How what is written looks: one frozen value for drafts and documents. The defaults are the house's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from output import frontmatter
from output.labels import LabelStyle
from output.urls import safe_url

DocxTimes = Literal["text", "comments", "none"]


@dataclass(frozen=True, slots=True)
class Style:
    """How drafts look, and what exports that depend on more than the transcript need to know.

    Raises `ValueError`, which names the field, for a choice there is not.
    """

    wrap: int = 70  # columns; 0: a paragraph a line
    labels: LabelStyle = "name-then-initial"
    colon: Literal["outside", "inside"] = "outside"  # **R**: or **R:**
    author: str = ""
    tags: tuple[str, ...] = ()
    comments: bool | None = None  # None: the key is left out
    published: bool | None = None
    doubtful_below: float = 0.0  # words of less probability are written [word?]
    clock_minutes: int | None = None  # a time such as [12:34] this often, at paragraphs; 0: at every turn
    front_matter: Mapping[str, object] | None = None  # key → value with {placeholders}; None: the house's keys
    docx_times: DocxTimes = "text"  # before each turn, as Word's comments on its label, or nowhere
    transcript_url: str = ""  # of the folder transcripts are published in; empty: that of the episode's audio

    def __post_init__(self) -> None:
        choices = {"labels": get_args(LabelStyle), "colon": ("outside", "inside"), "docx_times": get_args(DocxTimes)}
        for name, known in choices.items():
            if getattr(self, name) not in known:
                raise ValueError(f"{name}: {getattr(self, name)!r} is not one of {', '.join(known)}")
        if self.wrap < 0 or (self.clock_minutes or 0) < 0:
            raise ValueError(f"wrap: {self.wrap} columns, clock_minutes: {self.clock_minutes}")
        if self.transcript_url and safe_url(self.transcript_url) is None:
            raise ValueError(f"transcript_url: {self.transcript_url!r} is no http(s) address")
        if self.front_matter is not None:
            frontmatter.check(self.front_matter)
