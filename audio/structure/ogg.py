"""Walk along the pages of an Ogg file (RFC 3533): its links, one after the other, and what is no page.

A chained file begins anew with every link: another rate, other channels, another codec. Not every ffmpeg follows that.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from audio.episode import Seconds
from audio.structure.tails import after_tags
from audio.structure.view import Part, View

_CAPTURE = re.compile(rb"OggS\0")
_LONGEST_FIRST_PAGE = 30  # seconds
_TAIL = 1 << 17  # bytes: two of the longest pages
_MAX_LINKS = 64  # each is decoded by itself; a file with more is read as one


@dataclass
class _Link:
    start: int
    end: int = 0
    foreign: int = 0
    has_content: bool = False  # pages besides the first of each stream
    open_streams: set[bytes] = field(default_factory=set)  # begun, and not marked as ended
    streams: set[bytes] = field(default_factory=set)
    granules: dict[bytes, tuple[int, int]] = field(
        default_factory=dict
    )  # of the first and the last page of each stream
    rates: dict[bytes, tuple[int, int]] = field(default_factory=dict)  # granules a second, and how many are skipped
    is_cut: bool = False


def links_from(view: View, start: int) -> tuple[Part, ...]:
    """The links that begin at `start`, in order."""
    links = [_Link(start, end=start)]
    at = start
    while (head := view.at(at, 27))[:4] == b"OggS" and len(head) == 27:
        table = view.at(at + 27, head[26])
        length = 27 + head[26] + sum(table)
        if at + length > view.size or len(table) < head[26]:
            links[-1].is_cut, links[-1].end, at = True, view.size, view.size
            break
        begins = bool(head[5] & 2)
        if begins and links[-1].has_content:
            links.append(_Link(at, end=at))
        _add(links[-1], head, view.at(at + 27 + head[26], 64) if begins else b"")
        at = links[-1].end = at + length
        if view.at(at, 4) != b"OggS":
            after = after_tags(view, at)
            if (found := _next_page(view, after, known=links[-1].streams)) >= after:
                links[-1].foreign += found - after
                at = found
    if len(view.at(at, 27)) < 27 and view.at(at, 4) and b"OggS".startswith(view.at(at, 4)[:4]):
        links[-1].is_cut, links[-1].end = True, view.size  # inside a page's header
    return _parts(links)


def _next_page(view: View, at: int, *, known: set[bytes]) -> int:
    """Where the next page of one of the `known` streams begins, after what is no page; -1 if there is none."""
    at = view.find(_CAPTURE, at)
    for _ in range(1000):
        if at < 0 or view.at(at + 14, 4) in known:
            return at
        if view.at(at + 5, 1) == b"\2":
            return at
        at = view.find(_CAPTURE, at + 1)
    return -1


def _add(link: _Link, head: bytes, identification: bytes) -> None:
    """Count one page in its link."""
    serial = head[14:18]
    granule = int.from_bytes(head[6:14], "little", signed=True)
    if identification:
        link.open_streams.add(serial)
        if rate := _rate(identification):
            link.rates[serial] = rate
    else:
        link.has_content = True
    link.streams.add(serial)
    if granule > 0:
        link.granules[serial] = link.granules.get(serial, (granule, 0))[0], granule
    if head[5] & 4:
        link.open_streams.discard(serial)


def _rate(identification: bytes) -> tuple[int, int] | None:
    """Granules a second, and how many of them are no sound, by the first packet of a stream of sound."""
    if identification[:7] == b"\x01vorbis":
        return int.from_bytes(identification[12:16], "little") or 1, 0
    if identification[:8] == b"OpusHead":
        return 48_000, int.from_bytes(identification[10:12], "little")
    if identification[:8] == b"Speex   ":
        return int.from_bytes(identification[36:40], "little") or 1, 0
    if identification[:5] == b"\x7fFLAC":
        return int.from_bytes(identification[27:30], "big") >> 4 or 1, 0
    return None


def length_by_last_page(view: View) -> Seconds | None:
    """The length of a file of one link: its first page states the rate, its last the number of samples."""
    head = view.at(0, 27)
    if head[:4] != b"OggS" or len(head) < 27 or not (rate := _rate(view.at(27 + head[26], 64))):
        return None
    tail = view.at(max(view.size - _TAIL, 0), _TAIL)
    at = tail.rfind(b"OggS\0")
    granule = int.from_bytes(tail[at + 6 : at + 14], "little", signed=True)
    return (granule - rate[1]) / rate[0] if at >= 0 and granule > rate[1] else None


def _seconds(link: _Link, serial: bytes) -> float:
    """The length of a stream; 0 for one recorded from the middle of a broadcast, whose pages count from elsewhere."""
    rate, skipped = link.rates[serial]
    first, last = link.granules.get(serial, (0, 0))
    return (last - skipped) / rate if first < _LONGEST_FIRST_PAGE * rate else 0.0


def _parts(links: list[_Link]) -> tuple[Part, ...]:
    if len(links) > _MAX_LINKS:
        return (Part(links[0].start, links[-1].end, keeps_time=True),)
    parts = []
    for link in links:
        seconds = max((_seconds(link, serial) for serial in link.rates), default=0.0)
        is_open = link.is_cut or bool(link.open_streams & set(link.rates))
        parts.append(
            Part(
                link.start,
                link.end,
                seconds if seconds > 0 else None,
                foreign=link.foreign,
                ends_open=is_open,
                keeps_time=True,
            )
        )
    return tuple(parts)
