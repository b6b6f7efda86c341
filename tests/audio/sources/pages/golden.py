"""A case of a page, read from one file: why, the documents (the first is the page), the episodes, what is left out.

Why this case is odd.
=== https://show.example/page         a document by its address; the first is the page
<html>…
=== episodes                          title | address [| guid | day]
Otters | https://cdn.example/otters.mp3
=== left out                          address | reason | name
https://show.example/hero.mp4 | a background that plays by itself |
=== error                             instead of episodes: the beginning of the message
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from audio.episode import Episode
from audio.errors import FetchError
from audio.net.documents import Document
from audio.sources.feed import episodes_of
from audio.sources.left_out import LeftOut, OnLeftOut
from audio.sources.page import page_of
from audio.sources.pages.linked import episodes_of_page

_PREFIX = "not the page's episode: "
CASES = Path(__file__).with_name("cases")


@dataclass(frozen=True)
class Case:
    """What is given, and what is expected, as lines."""

    url: str
    documents: dict[str, bytes]
    episodes: list[str]
    left_out: list[str]
    error: str


def read_case(path: Path) -> Case:
    """The case in a file."""
    parts: dict[str, str] = {}
    for part in path.read_text("utf-8").split("\n=== ")[1:]:
        head, _, body = part.partition("\n")
        parts[head.strip()] = body.rstrip("\n")
    expected = {name: parts.pop(name, "") for name in ("episodes", "left out", "error")}
    documents = {address: body.encode() for address, body in parts.items()}
    lines = {name: [line.strip() for line in text.splitlines()] for name, text in expected.items()}
    return Case(next(iter(documents)), documents, lines["episodes"], lines["left out"], expected["error"].strip())


class Shelf:
    """The web of a case: its documents, and nothing else."""

    def __init__(self, documents: dict[str, bytes]) -> None:
        self.documents = documents
        self.read: list[str] = []

    def document(self, address: str) -> Document:
        """The document at an address."""
        self.read.append(address)
        if address not in self.documents:
            raise FetchError("the server returns 404", about=address)
        kind = "text/javascript" if ".js" in address else "text/html"
        return Document(address, (address,), kind, self.documents[address])

    def feed(self, address: str, tell: OnLeftOut) -> tuple[Episode, ...]:
        """The episodes of the feed at an address."""
        return episodes_of(self.document(address).body, url=address, on_left_out=tell)


def found(url: str, documents: dict[str, bytes]) -> tuple[tuple[Episode, ...], list[LeftOut]]:
    """The episodes of a page, and what is told as left out."""
    told: list[LeftOut] = []
    page = page_of(documents[url], url=url)
    return episodes_of_page(page, name=url, web=Shelf(documents), tell=told.append), told


def line_of(episode: Episode, *, like: str) -> str:
    """An episode with as many fields as the expected line has."""
    day = f"{episode.published:%Y-%m-%d}" if episode.published else ""
    fields = (episode.title, episode.audio_url or "", episode.guid or "", day)
    return " | ".join(fields[: like.count(" | ") + 1])


def left_out_line(left: LeftOut) -> str:
    """A left-out as its expected line is written."""
    return f"{left.source} | {left.reason.removeprefix(_PREFIX)} | {left.title}".strip()
