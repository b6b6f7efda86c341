"""A self-contained HTML page: the player, and turns whose words can be clicked. It works from disk, without a network.

The text is not trusted: it is escaped, and a content security policy allows only the page's own script.
"""

from __future__ import annotations

import base64
import hashlib
import html
import os
from typing import TYPE_CHECKING
from urllib.parse import quote

from output.document_parts import Part, parts_of
from output.html_blocks import direction, html_of
from output.paragraphs import paragraphs
from output.text import clock
from output.urls import safe_url
from transcribe.style import Style
from transcribe.transcript import as_written

if TYPE_CHECKING:
    from collections.abc import Sequence

    from audio.episode import Episode
    from transcribe.transcript import Transcript, Turn, Word

_STYLE = """
body { max-width: 44rem; margin: 0 auto; padding: 1rem; font: 1.05rem/1.6 Georgia, serif }
body { color: #222; background: #fff }
audio { width: 100%; position: sticky; top: 0 }
h2 { font: bold .9rem/1.4 system-ui, sans-serif; margin: 1.5rem 0 0 }
h2 time { font-weight: normal; color: #666 }
p { margin: .3rem 0 .8rem }
b { font-weight: inherit; cursor: pointer } b:hover, b.now { background: #ffe28a }
@media (prefers-color-scheme: dark) { body { color: #ddd; background: #1b1b1b } b:hover, b.now { background: #6b5200 } }
"""
_SCRIPT = """
const audio = document.querySelector("audio"), inText = [...document.querySelectorAll("b[data-t]")];
const words = inText.sort((one, other) => one.dataset.t - other.dataset.t);
const times = words.map(word => Number(word.dataset.t));
let now = null;
document.addEventListener("click", event => {
  const word = event.target.closest("b[data-t]");
  if (word && audio) { audio.currentTime = Number(word.dataset.t); audio.play(); }
});
audio?.addEventListener("timeupdate", () => {
  let low = 0, high = times.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (times[middle] <= audio.currentTime) low = middle + 1; else high = middle;
  }
  now?.classList.remove("now");
  now = words[low - 1] ?? null;
  now?.classList.add("now");
});
"""


def page(transcript: Transcript, style: Style = Style()) -> str:
    """The transcript as one HTML5 document; the audio is the episode's address, or its local file."""
    names = {speaker.id: speaker.name for speaker in transcript.speakers}
    title = html.escape(transcript.episode.title)
    source = _source(transcript.episode)
    player = f'<audio controls preload="metadata" src="{html.escape(source)}"></audio>\n' if source else ""
    lang, heading = html.escape(transcript.language), f"<h1{direction(transcript.episode.title)}>{title}</h1>"
    turns = "".join(_turn(turn, names[turn.speaker], style) for turn in transcript.turns)
    body = "".join(map(_part, parts_of(transcript))) if transcript.draft else turns
    policy = f"default-src 'none'; media-src * file:; style-src 'unsafe-inline'; script-src 'sha256-{_digest(_SCRIPT)}'"
    return (
        f'<!DOCTYPE html>\n<html lang="{lang}">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        f'<meta name="viewport" content="width=device-width">\n<title>{title}</title>\n<style>{_STYLE}</style>\n'
        f"</head>\n<body>\n{heading}\n{player}{body or '<p>No speech was found.</p>'}\n"
        f"<script>{_SCRIPT}</script>\n</body>\n</html>\n"
    )


def _turn(turn: Turn, name: str, style: Style) -> str:
    heading = f"<h2{direction(name)}>{html.escape(name)} <time>{clock(turn.start)}</time></h2>\n"
    return heading + "".join(
        f"<p{direction(as_written(part))}>{as_written(part, _words(part))}</p>\n"
        for part in paragraphs(turn.words, style)
    )


def _part(part: Part) -> str:
    """A part of an edited draft, with its structure."""
    time = f" <time>{clock(part.turn.start)}</time>" if part.turn else ""
    name = f"<h2{direction(part.name)}>{html.escape(part.name)}{time}</h2>\n" if part.name else ""
    return name + html_of(part.blocks, part.words)


def _words(words: Sequence[Word]) -> list[str]:
    return [f'<b data-t="{word.start:.3f}">{html.escape(word.text, quote=False)}</b>' for word in words]


def _source(episode: Episode) -> str | None:
    """The address of the audio; a relative path starts in the page's folder."""
    path, url = episode.path, safe_url(episode.audio_url)
    if url is not None or path is None:
        return url
    return path.as_uri() if path.is_absolute() else quote(os.fsencode(f"./{path.as_posix()}"))


def _digest(script: str) -> str:
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
