"""Bytes of a document → text, as browsers and feed readers decode them: for feeds, pages, lists and captions.

The law: every document has a text. A byte that is none in its encoding becomes U+FFFD and costs nothing else.

A byte order mark decides; then, what is valid UTF-8 is UTF-8, whatever a header or a declaration says (servers and
editors state wrong ones, and text in another encoding is not valid UTF-8 by chance); then the encoding of the HTTP
header, that of the XML declaration or `<meta>`, and cp1252, the most frequent one of documents that state none.
Encodings are the WHATWG's: `iso-8859-1` is read as cp1252. Those that could harm are unknown (UTF-7, punycode).
"""

from __future__ import annotations

import codecs
import re

_MARKS = (  # the longer ones first: UTF-16's is the beginning of UTF-32's
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_UNMARKED = (  # what markup or JSON starts with in an encoding with zero bytes, or four characters of any text
    (re.compile(rb"(?:\s\0\0\0)*[<{\[]\0\0\0"), "utf-32-le"),
    (re.compile(rb"(?:\0\0\0\s)*\0\0\0[<{\[]"), "utf-32-be"),
    (re.compile(rb"(?:\s\0)*[<{\[]\0[^\0]"), "utf-16-le"),
    (re.compile(rb"(?:\0\s)*\0[<{\[]\0[^\0]"), "utf-16-be"),
    (re.compile(rb"(?:[\t\n\r -~]\0\0\0){4}"), "utf-32-le"),
    (re.compile(rb"(?:\0\0\0[\t\n\r -~]){4}"), "utf-32-be"),
    (re.compile(rb"(?:[\t\n\r -~]\0){4}"), "utf-16-le"),
    (re.compile(rb"(?:\0[\t\n\r -~]){4}"), "utf-16-be"),
)
_ZEROS = (  # what any text starts with; of UTF-32 two characters, as a recording may start with a size
    (re.compile(rb"[\t\n\r -\xff]\0\0\0(?:\Z|..[\0-\x10]\0)", re.DOTALL), "utf-32-le"),
    (re.compile(rb"\0\0\0[\t\n\r -\xff](?:\Z|\0[\0-\x10])"), "utf-32-be"),
    (re.compile(rb"[^\0]\0"), "utf-16-le"),
    (re.compile(rb"\0[^\0]"), "utf-16-be"),
)
_DECLARED = (
    re.compile(rb"""<\?xml[^>]{0,200}?encoding\s*=\s*["']\s*([\w.:-]{1,40})"""),
    re.compile(rb"""<meta[^>]{0,200}?charset\s*=\s*["']?\s*([\w.:-]{1,40})""", re.IGNORECASE),
)
_DECLARED_WITHIN = 4096  # bytes
_READ_AS = {  # supersets that the documents stating the smaller one use (https://encoding.spec.whatwg.org/#names-and-labels)
    "ascii": "cp1252",
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "iso8859-11": "cp874",
    "tis-620": "cp874",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "big5": "big5hkscs",
}
_READ_AS_ALIASES = {"x-sjis": "cp932", "windows-31j": "cp932", "windows-949": "cp949", "x-gbk": "gb18030"}
_OWN_MARK = re.compile(rb"\x1b[$(]|~\{")  # ISO-2022 and HZ are ASCII bytes with other meanings
_UNSAFE = frozenset(  # not encodings of documents; some take quadratic time
    {"utf-7", "idna", "punycode", "unicode_escape", "raw_unicode_escape", "undefined", "mbcs", "oem", "palmos"}
)
_WIDE = ("utf-16", "utf-32")  # whoever states one and sends no zero bytes does not use it


def decoded(data: bytes, *, charset: str = "") -> str:
    """The text of a document, without its byte order mark; `charset` is the encoding its server states.

    >>> decoded("é".encode("latin-1"), charset="ISO-8859-1"), decoded("é and ".encode() + bytes([0x92]))
    ('é', 'é and \ufffd')
    """
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return data.decode(encoding, "replace").lstrip("\ufeff")
    for pattern, encoding in _UNMARKED:
        if pattern.match(data):
            return data.decode(encoding, "replace")
    stated = [name for name in map(_known, (charset, *_declarations(data))) if name]
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return _other_than_utf8(data, stated)
    if text.isascii() and stated and _OWN_MARK.search(data):
        return data.decode(stated[0], "replace")
    return text


def wide_encoding(data: bytes) -> str:
    """Python's name of the UTF-16 or UTF-32 that a text is in, which its mark or its zero bytes show; else empty.

    Text in any other encoding has no zero byte in front. Of what is no text this says nothing.

    >>> wide_encoding("Ann".encode("utf-32")), wide_encoding("Ann".encode("utf-16-be")), wide_encoding(b"Ann")
    ('utf-32-le', 'utf-16-be', '')
    """
    marked = next((encoding for mark, encoding in _MARKS if data.startswith(mark)), None)
    if marked is not None:
        return "" if marked == "utf-8" else marked
    return next((encoding for pattern, encoding in _ZEROS if pattern.match(data)), "")


def named(encoding: str) -> str:
    """What people call an encoding of `wide_encoding`.

    >>> named("utf-32-le"), named("")
    ('UTF-32', 'UTF-8')
    """
    return encoding.removesuffix("-le").removesuffix("-be").upper() or "UTF-8"


def charset_of(content_type: str) -> str:
    """The encoding in a `Content-Type`.

    >>> charset_of('text/xml; Charset="utf-8"; x=y'), charset_of("text/xml")
    ('utf-8', '')
    """
    found = re.search(r"""charset\s*=\s*["']?\s*([\w.:-]{1,40})""", content_type[:1000], re.IGNORECASE)
    return found[1] if found else ""


def _other_than_utf8(data: bytes, stated: list[str]) -> str:
    """By what is stated, or as UTF-8 with faults: where its characters outnumber the bytes that are none."""
    text = data.decode("utf-8", "replace")
    faults = text.count("\ufffd")
    characters = sum(not sign.isascii() for sign in text) - faults
    others = [name for name in stated if name != "utf-8"]
    if characters >= (10 * faults if others else faults):
        return text
    for name in others:
        try:
            return data.decode(name)
        except UnicodeError:
            continue
    return data.decode(others[0] if others else "cp1252", "replace")


def _declarations(data: bytes) -> list[str]:
    head = data[:_DECLARED_WITHIN]
    return [found[1].decode("ascii", "replace") for pattern in _DECLARED if (found := pattern.search(head))]


def _known(name: str) -> str:
    """Python's name of the encoding; empty for an unknown one, and for one that the bytes contradict."""
    if alias := _READ_AS_ALIASES.get(name.lower()):
        return alias
    try:
        info = codecs.lookup(name)
        if info.name in _UNSAFE or info.name.startswith(_WIDE):
            return ""
        b"x".decode(info.name)
    except (LookupError, ValueError, UnicodeError):  # no encoding of text, such as rot13
        return ""
    return _READ_AS.get(info.name, info.name)
