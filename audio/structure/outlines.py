"""Whether a file of a format whose framing is not read here ends where its own outline says that more follows.

MXF (SMPTE ST 377-1) is a row of keys, lengths and values that ends with a footer. RealMedia is a row of chunks. NUT
ends with an index that states its own length. What is in them is not looked at.
"""

from __future__ import annotations

import re

from audio.structure.view import View

_MXF = b"\x06\x0e\x2b\x34\x02\x05\x01\x01\x0d\x01\x02\x01\x01"  # of a partition; then 2 header, 3 body, 4 footer
_MXF_KEY = re.compile(rb"\x06\x0e\x2b\x34")
_MXF_FOOTER, _MXF_INDEX = 4, 0x11  # after which only an index of partitions may follow
_NUT = b"nut/multimedia container\0"
_NUT_INDEX = b"NX\xdd\x67\x2f\x23\xe6\x4e"
_TOO_MUCH = 16  # bytes that programs count of a chunk and do not write
_MOST = 10_000_000  # rows of a file


def is_cut(view: View) -> bool:
    """Whether something has to follow; False for what is none of these."""
    head = view.at(0, 32)
    if head.startswith(_MXF):
        return _is_cut_mxf(view)
    if head.startswith(b".RMF"):
        return _is_cut_chunks(view)
    if head.startswith(_NUT):
        return _is_cut_nut(view)
    return False


def _is_cut_mxf(view: View) -> bool:
    at, has_footer = 0, False
    for _ in range(_MOST):
        head = view.at(at, 25)
        if not _MXF_KEY.match(head):
            break
        size, length = _ber(head[16:])
        if size < 0:
            return True
        if head.startswith(_MXF):
            has_footer = head[13] in (_MXF_FOOTER, _MXF_INDEX)
        at += 16 + length + size
    return at > view.size or not has_footer


def _ber(data: bytes) -> tuple[int, int]:
    """The value, −1 if it is not whole, and the bytes of a length as ASN.1 writes it."""
    if not data:
        return -1, 0
    count = data[0] & 0x7F if data[0] & 0x80 else 0
    if count > 8 or len(data) < 1 + count:
        return -1, 0
    return (int.from_bytes(data[1 : 1 + count], "big") if count else data[0]), 1 + count


def _is_cut_chunks(view: View) -> bool:
    at = 0
    for _ in range(_MOST):
        head = view.at(at, 8)
        size = int.from_bytes(head[4:], "big")
        if len(head) < 8 or size < 8:  # of a broadcast: not known
            break
        at += size
    return at > view.size + _TOO_MUCH


def _is_cut_nut(view: View) -> bool:
    length = int.from_bytes(view.at(view.size - 12, 8), "big")
    return view.at(view.size - length, 8) != _NUT_INDEX if 12 < length <= view.size else True
