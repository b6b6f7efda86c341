"""What an item of a feed offers besides its first recording → episodes and what is left out. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from audio.episode import Episode
from audio.net.addresses import redacted
from audio.sources.feeds.enclosures import Recordings
from audio.sources.feeds.forms import Form
from audio.sources.left_out import LeftOut
from audio.sources.values import name_in


def with_further(first: Episode, found: Recordings, *, source: str) -> tuple[Episode | LeftOut, ...]:
    """The episode of an item's first recording, then its other recordings and what is left out of it.

    What the item says of its recording (length, chapters, transcripts) is of the first. Each other has a guid made of
    the item's and of its own name, and a title made in the same way.
    """
    return (first, *(_episode(form, first) for form in found.more), *_left_out(first.title, found, source))


def _episode(form: Form, first: Episode) -> Episode:
    name = name_in(form.address).rpartition(".")[0] or name_in(form.address)
    return replace(
        first,
        title=f"{first.title}: {form.title}" if form.title else f"{first.title} ({name})",
        audio_url=form.address,
        guid=f"{first.guid}#{' '.join((*form.title_words, *form.file_words)) or name}" if first.guid else None,
        duration=form.length,
        chapters=(),
        chapters_url=None,
        transcripts=(),
    )


def _left_out(title: str, found: Recordings, source: str) -> Iterator[LeftOut]:
    for address, reason in found.left_out:
        yield LeftOut(source, reason, title=f"{title}: {redacted(address)[:200]}")
    if found.n_unread:
        reason = "further addresses of its item, which are more than are read of one"
        yield LeftOut(source, f"{title}: {found.n_unread} {reason}", found.n_unread, is_failure=True)
