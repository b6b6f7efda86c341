"""The draft: a transcript as Markdown in the house style.

Front matter, intro, player, then the turns with bold labels. `render` does not read an existing draft and does not
decide where the new one is written (`output.files` does).
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from output import frontmatter
from output.labels import Label, labels_of
from output.paragraphs import paragraphs
from output.player import player_of
from output.text import clock, escape, fill_lines, normalize_punctuation, normalize_text, replace_noncharacters
from output.urls import safe_url
from transcribe.style import Style
from transcribe.transcript import as_written

if TYPE_CHECKING:
    from audio.episode import Episode, Seconds
    from transcribe.transcript import Transcript, Word

NO_SPEECH = "*No speech was found in this recording.*"  # the one paragraph of a draft without turns

_PLAIN_MARKER = re.compile(r"([^\W\d_][^\s:]{0,39}(?: [^\s:]{1,39}){0,3}):(?=\s|$)")
_INTRO_PARAGRAPHS = 2
_SWITCH = {"": None, "true": True, "false": False}
_DOUBT_OPENS, _DOUBT_CLOSES = "\ufdd0", "\ufdd1"  # no text has them: `replace_noncharacters`


def render(transcript: Transcript, style: Style = Style()) -> str:
    """The whole draft, with one line break at the end.

    `date` is the publication date of the episode, left out if unknown: the editor sets the time of the post. Without
    turns the draft has front matter, player and the paragraph `NO_SPEECH`.
    """
    speaking = {turn.speaker for turn in transcript.turns}
    labels = labels_of([speaker for speaker in transcript.speakers if speaker.id in speaking], style.labels)
    blocks = [*_intro(transcript.episode), *player_of(transcript.episode), *_turns(transcript, style, labels)]
    return frontmatter.format_block(front_matter(transcript, style)) + "\n" + "\n\n".join(blocks) + "\n"


def front_matter(transcript: Transcript, style: Style = Style()) -> dict[str, object]:
    """The fields of a draft's front matter, in the order of the style's template; empty ones are not written."""
    episode = transcript.episode
    speaking = dict.fromkeys(turn.speaker for turn in transcript.turns)
    known = {
        "title": normalize_text(episode.title),
        "author": style.author,
        "date": episode.published,
        "tags": style.tags,
        "comments": _SWITCH[style.comments],
        "published": _SWITCH[style.published],
        "show": normalize_text(episode.show or ""),
        "speakers": tuple(normalize_text(transcript.speaker(id).name) for id in speaking),
        "language": transcript.language,
        "duration": clock(episode.duration) if episode.duration else "",
        "audio_url": safe_url(episode.audio_url),
        "page_url": safe_url(episode.page_url),
        "guid": normalize_text(episode.guid or ""),
    }
    return frontmatter.fill_template(frontmatter.HOUSE if style.template is None else style.template, known)


def marker(label: str, colon: str = "outside") -> str:
    """The text before a turn's words: the label in bold, a colon, a space.

    >>> marker("R"), marker("R", "inside")
    ('**R**: ', '**R:** ')
    """
    safe = escape(label).replace(":", "\\:")
    return f"**{safe}:** " if colon == "inside" else f"**{safe}**: "


def _intro(episode: Episode) -> Iterator[str]:
    """The first paragraphs of the episode's description, as text, one line each."""
    source = re.sub(r"(?i)</?(?:p|br|div|li|ul|ol|h[1-6])\b[^<>]*>", "\n\n", episode.description or "")
    texts = [normalize_text(html.unescape(re.sub(r"<[^<>]*>", "", part))) for part in re.split(r"\n\s*\n", source)]
    for text in [text for text in texts if text][:_INTRO_PARAGRAPHS]:
        yield _without_marker(fill_lines(escape(text), width=0))


def _turns(transcript: Transcript, style: Style, labels: Mapping[str, Label]) -> Iterator[str]:
    introduced: set[str] = set()
    times = _Timestamps(style.clock_minutes)
    for turn in transcript.turns:
        parts = [(part[0].start, _source(part, style)) for part in paragraphs(turn.words, style)]
        texts = [times.before(start, text) for start, text in parts if text]
        if not texts:
            continue
        times.new_turn()
        pair = labels[turn.speaker]
        label = pair.later if turn.speaker in introduced else pair.first
        introduced.add(turn.speaker)
        yield marker(label, style.colon) + fill_lines(texts[0], width=style.wrap, label=label)
        for text in texts[1:]:
            yield _without_marker(fill_lines(text, width=style.wrap))
    if not introduced:
        yield NO_SPEECH


class _Timestamps:
    """Adds times to paragraphs: to the first after each interval, or to the first of each turn."""

    def __init__(self, minutes: int) -> None:
        self._interval = None if minutes < 0 else 60.0 * minutes
        self._due = self._interval or 0.0

    def new_turn(self) -> None:
        if self._interval == 0:
            self._due = 0.0

    def before(self, start: Seconds, text: str) -> str:
        """The text, with its time if one is due, in brackets that are plain text in Markdown."""
        if self._interval is None or start < self._due:
            return text
        self._due = (start // self._interval + 1) * self._interval if self._interval else float("inf")
        return f"[{clock(start):0>5}] {text}"


def _source(words: Sequence[Word], style: Style) -> str:
    """The words as escaped Markdown, doubtful ones marked."""
    texts = ((replace_noncharacters(word.text), word.probability < style.doubtful_below) for word in words)
    marked = [_mark_doubt(text) if doubtful else text for text, doubtful in texts]
    source = escape(normalize_punctuation(as_written(words, marked)))
    return source.replace(_DOUBT_OPENS, "[").replace(_DOUBT_CLOSES, "?]")


def _mark_doubt(text: str) -> str:
    """A word between two characters that no text has; its punctuation stays outside."""
    return re.sub(r"^([^\w&]*)(\w[\w'’.-]*?)([^\w:(\[]*)$", rf"\1{_DOUBT_OPENS}\2{_DOUBT_CLOSES}\3", text)


def _without_marker(paragraph: str) -> str:
    """The paragraph, with its first colon escaped if its start looks like a speaker's plain label."""
    match = _PLAIN_MARKER.match(paragraph)
    if match is None or any(word[0].islower() for word in match[1].split()[1:]):
        return paragraph
    return f"{match[1]}\\:{paragraph[match.end() :]}"
