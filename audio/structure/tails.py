"""What may follow the sound in a file and is none of it: tags, padding, an appended archive, another recording."""

from __future__ import annotations

import re

from audio.structure.view import View

_ID3V1 = 128  # bytes of the tag at a file's end
_APE_FOOTER = 32
MARKS = (
    b"RIFF",
    b"RF64",
    b"BW64",
    b"FORM",
    b"riff",
    b"caff",
    b"ID3",
    b"TAG",
    b"APETAGEX",
    b"OggS",
    b"fLaC",
    *(b"FLV\1", b"#!AMR", b"wvpk", b"TTA1", b".snd\0", b"\x1a\x45\xdf\xa3", b"\x30\x26\xb2\x75\x8e\x66\xcf\x11"),
    b"PK\3\4",
)
"""How what does not continue a recording begins."""


def is_foreign(view: View, at: int) -> bool:
    """Whether what begins at `at` is known not to continue the sound before it; so are zeros up to the end."""
    head = view.at(at, 16)
    return head.startswith(MARKS) or head[4:8] == b"ftyp" or is_blank(view, at)


def is_blank(view: View, at: int, end: int | None = None) -> bool:
    """Whether nothing but zeros follows, up to `end` or the file's."""
    length, end = 1 << 8, view.size if end is None else end
    while block := view.at(at, min(length, end - at)):
        if block.strip(b"\0"):
            return False
        at += len(block)
        length = min(2 * length, 1 << 20)
    return True


def after_tags(view: View, at: int) -> int:
    """Where the tags that begin at `at` end (ID3v1, ID3v2, APEv2, Lyrics3); `at` if none does."""
    while True:
        head = view.at(at, 32)
        if head[:3] == b"ID3" and len(head) >= 10 and max(head[6:10]) < 128:
            has_footer = head[5] & 16
            at += 10 + (head[6] << 21 | head[7] << 14 | head[8] << 7 | head[9]) + (10 if has_footer else 0)
        elif head[:8] == b"APETAGEX" and len(head) == _APE_FOOTER:
            at += _APE_FOOTER + int.from_bytes(head[12:16], "little")
        elif head[:3] == b"TAG" and view.size - at >= _ID3V1:
            at += _ID3V1
        elif head[:11] == b"LYRICSBEGIN" and (end := view.find(re.compile(rb"LYRICS(200|END)"), at)) > 0:
            at = end + 9
        else:
            return min(at, view.size)


def before_tags(view: View, start: int) -> int:
    """Where the tags begin with which the file ends (ID3v1, APEv2 with its footer); the file's size if it has none."""
    end = view.size
    if end - start > _ID3V1 and view.at(end - _ID3V1, 3) == b"TAG":
        end -= _ID3V1
    footer = view.at(end - _APE_FOOTER, _APE_FOOTER) if end - start > _APE_FOOTER else b""
    if footer[:8] == b"APETAGEX":
        size = int.from_bytes(footer[12:16], "little")
        at = max(end - size - _APE_FOOTER, 0)
        first = end - size - (_APE_FOOTER if size and view.at(at, 8) == b"APETAGEX" and size > _APE_FOOTER else 0)
        end = first if start <= first else end
    return end
