"""Detect from its first bytes whether content is a recording, a feed, a list of feeds or a page.

Whether a recording contains sound is left to `audio.decoding.decode`.
"""

from __future__ import annotations

import re
from enum import Enum

from audio.encodings import decoded, wide_encoding

MEDIA_SUFFIXES = frozenset(
    f".{name}"
    for name in (
        *("aac", "aax", "ac3", "aif", "aifc", "aiff", "amr", "ape", "au", "awb", "caf", "dsf", "dss", "dts", "eac3"),
        *("flac", "g722", "m4a", "m4b", "m4r", "mka", "mmf", "mp1", "mp2", "mp3", "mpa", "mpc", "mpga", "oga", "ogg"),
        *("oma", "opus", "qcp", "ra", "shn", "sln", "snd", "sox", "spx", "tak", "tta", "voc", "w64", "wav", "wave"),
        *("weba", "wma", "wv"),
        *("3g2", "3gp", "asf", "avi", "f4v", "flv", "gxf", "m2ts", "m4v", "mkv", "mov", "mp4", "mpeg", "mpg", "mts"),
        *("mxf", "nut", "ogv", "rm", "ts", "vob", "webm", "wmv", "wtv"),
    )
)
"""Suffixes (lower case) of recordings in a folder and in links."""

VIDEO_SUFFIXES = frozenset(".avi .flv .m4v .mkv .mov .mp4 .mpeg .mpg .ogv .ts .webm .wmv".split())
"""Suffixes of recordings that are usually films: sound is taken before them."""

STREAM_SUFFIXES = frozenset(".f4m .ism .m3u .m3u8 .mpd .pls".split())
"""Suffixes of lists of a stream's parts."""

OTHER_SUFFIXES = frozenset(
    ".avif .bmp .gif .heic .ico .jpeg .jpg .png .svg .tif .tiff .webp .doc .docx .epub .mobi .odt .pdf .ppt .pptx .rtf "
    ".txt .xls .xlsx .7z .apk .dmg .exe .gz .iso .rar .tar .torrent .zip .css .htm .html .js .json .map .mjs .rss .srt "
    ".ttf .vtt .wasm .woff .woff2 .xhtml .xml".split()
)
"""Suffixes of what is no recording, whatever its type says."""

NO_RECORDING = OTHER_SUFFIXES | STREAM_SUFFIXES
"""Suffixes of addresses that lead to no recording."""

TEXT_SUFFIXES = frozenset((".ts", ".mts"))
"""Suffixes of recordings that programs in TypeScript have, too."""

STATES_NOTHING = frozenset(
    {
        *("", "application/octet-stream", "binary/octet-stream", "application/ogg", "application/mp4"),
        *("application/force-download", "application/download", "application/x-download", "application/unknown"),
    }
)
"""Media types of servers that do not say whether they send a recording."""

HEAD_BYTES = 4096
"""The size of the beginning `kind_of` needs."""

_MAGIC = (  # (offset, bytes, suffix); as in the file(1) database
    (0, b"ID3\2", ".mp3"),
    (0, b"ID3\3", ".mp3"),
    (0, b"ID3\4", ".mp3"),
    (0, b"OggS\0", ".ogg"),
    (0, b"fLaC", ".flac"),
    (4, b"ftypM4A", ".m4a"),
    (4, b"ftypM4B", ".m4b"),
    (4, b"ftypqt", ".mov"),
    (4, b"ftyp", ".mp4"),
    (4, b"moov", ".mov"),
    (4, b"mdat", ".mov"),
    (4, b"wide", ".mov"),
    (4, b"free", ".mov"),
    (8, b"WAVE", ".wav"),
    (8, b"AVI ", ".avi"),
    (0, b"RF64", ".wav"),
    (8, b"AIFF", ".aiff"),
    (8, b"AIFC", ".aiff"),
    (0, b"riff\x2e\x91\xcf\x11", ".w64"),
    (0, b"\x1a\x45\xdf\xa3", ".mka"),
    (0, b"caff", ".caf"),
    (0, b"#!AMR", ".amr"),
    (0, b".snd\0", ".au"),
    (0, b"FLV\x01", ".flv"),
    (0, b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", ".wma"),
    (0, b"\x00\x00\x01\xba", ".mpg"),
    (0, b"wvpk", ".wv"),
    (0, b"TTA1", ".tta"),
    *((0, b"MAC %c\x0f" % version, ".ape") for version in (0x6E, 0x78, 0x82, 0x8C, 0x96)),
    (0, b"MPCK", ".mpc"),
    (0, b"MP+\x07", ".mpc"),
    (0, b"MP+\x17", ".mpc"),
    (0, b"ajkg\2", ".shn"),
    (0, b"tBaK", ".tak"),
    (0, b"DSD \x1c", ".dsf"),
    (0, b".RMF\0", ".rm"),
    (0, b".ra\xfd", ".ra"),
    (0, b"Creative Voice File", ".voc"),
    (0, b"ea3\x03", ".oma"),
    (0, b"EA3\x01", ".oma"),
    (0, b"\x7f\xfe\x80\x01", ".dts"),
    (0, b"\x06\x0e\x2b\x34\x02\x05\x01\x01\x0d\x01\x02\x01\x01\x02", ".mxf"),
    (0, b"\xb7\xd8\x00\x20\x37\x49\xda\x11\xa6\x4e\x00\x07\xe9\x5e\xad\x8d", ".wtv"),
    (0, b"nut/multimedia container", ".nut"),
    (0, b".SoX", ".sox"),
    (0, b"XoS.", ".sox"),
    (0, b"MMMD", ".mmf"),
    (0, b"\0\0\0\0\1\xbc\0\0\0", ".gxf"),
    (0, b"\2dss", ".dss"),
    (0, b"\3dss", ".dss"),
)
_PICTURES = (b"heic", b"heix", b"hevc", b"heim", b"avif", b"avis", b"mif1", b"msf1", b"jp2 ", b"jpx ", b"crx ")


PDF = b"%PDF"  # what one begins with
_OTHER = (  # what is often given by mistake, by its first bytes
    (PDF, "a PDF"),
    *((mark, "a picture") for mark in (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"II*\0", b"MM\0*")),
    (b"PK\3\4", "an archive, as Word documents are"),
    *((mark, "an archive") for mark in (b"PK\5\6", b"PK\7\x08", b"Rar!", b"BZh", b"7z\xbc\xaf", b"\x1f\x8b")),
    *((mark, "an archive") for mark in (b"\xfd7zXZ", b"\x28\xb5\x2f\xfd")),
    (b"\xd0\xcf\x11\xe0", "a document of an old Office program"),
    (b"SQLite format 3", "a database"),
    *((mark, "a program") for mark in (b"\x7fELF", b"MZ\x90\0")),
)

_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_BLANK = re.compile(r"[\ufeff\s]+")
_ROOT = re.compile(r"<(?:\w{1,20}:)?(?:rss|feed|rdf|opml)(?=[\s>/])", re.IGNORECASE)
_IN_A_PAGE = re.compile(r"<html|<!doctype\s+html|<pre|<code|<script|```|^---\s", re.IGNORECASE)
_JSON_FEED = re.compile(r"""\s*\{.*?(?:jsonfeed\.org/version|"items"\s*:\s*\[)""", re.DOTALL)
_MARKUP = re.compile(r"\s*(?:<(?:\?xml|!doctype|!--|html|rss|feed|opml|rdf|\w{1,20}:rdf)|WEBVTT)", re.IGNORECASE)
_CHARACTERS_A_CONTROL = 50  # more control characters than one in so many: no text


class Kind(Enum):
    """The kinds of content of a source."""

    AUDIO = "audio"
    FEED = "feed"
    OPML = "opml"
    PAGE = "page"
    TEXT = "text"
    UNKNOWN = "unknown"


def kind_of(head: bytes) -> Kind:
    """The kind of content that starts with `head` (`HEAD_BYTES` suffice).

    >>> kind_of(b"<?xml version='1.0'?><rss version='2.0'>"), kind_of(b"<!DOCTYPE html><html>"), kind_of(b"ID3\\x03")
    (<Kind.FEED: 'feed'>, <Kind.PAGE: 'page'>, <Kind.AUDIO: 'audio'>)
    """
    if audio_suffix(head):
        return Kind.AUDIO
    text = _as_text(head)
    if text is None:
        return Kind.UNKNOWN
    markup = from_root(text)
    first = re.match(r"<(?:\w+:)?(\w+)", markup)
    root = first[1].lower() if first else ""
    is_unfinished = not markup and text.lstrip().startswith("<?xml")  # a prolog longer than the head
    if root in ("rss", "feed", "rdf") or is_unfinished or _JSON_FEED.match(text):
        return Kind.FEED
    if root == "opml":
        return Kind.OPML
    if root or "<!doctype html" in text.lower():
        return Kind.PAGE
    return Kind.TEXT


def other_kind(head: bytes) -> str:
    """What a file is that begins with `head` and is neither a recording nor text, with its article; empty if unknown.

    >>> other_kind(b"%PDF-1.7"), other_kind(b"RIFF")
    ('a PDF', '')
    """
    return next((name for mark, name in _OTHER if head.startswith(mark)), "")


def what_else(content: bytes) -> str:
    """What the bytes of a file are if they are no text, with an article: "a recording"; empty if they may be text."""
    head = content[:HEAD_BYTES]
    if not has_controls(head):
        return ""
    if (kind := kind_of(head)) is Kind.AUDIO:
        return "a recording"
    return other_kind(head) or ("no text" if kind is Kind.UNKNOWN else "")


def has_controls(head: bytes) -> bool:
    """Whether control characters, of which every recording has some, are in the beginning of a file; the zeros of
    UTF-16 and UTF-32 are none."""
    if encoding := wide_encoding(head):
        return not _is_text(head.decode(encoding, "replace"))
    return bool(_CONTROL.search(head))


def from_root(text: str) -> str:
    """`text` from its root element: without its prolog, and without what a server or a program printed before a feed.

    >>> from_root("<br /><b>Warning</b>: include() failed <?xml version='1.0'?><rss/>")
    '<rss/>'
    """
    markup = without_prolog(text)
    if not _ROOT.match(markup) and (found := _ROOT.search(text)) and not _IN_A_PAGE.search(text, 0, found.start()):
        return text[found.start() :]
    return markup


def without_prolog(text: str) -> str:
    """`text` from its first element: without XML declaration, comments and DOCTYPE (with the entities it defines).

    >>> without_prolog('<?xml version="1.0"?> <!-- x --> <!DOCTYPE a [<!ENTITY b "c">]> <a/>')
    '<a/>'
    """
    skipped = {"<?": "?>", "<!--": "-->", "<!doctype": ">"}
    at = 0
    while True:
        at = blank.end() if (blank := _BLANK.match(text, at)) else at
        opening = next((mark for mark in skipped if text[at : at + len(mark)].lower() == mark), None)
        if opening is None:
            return text[at:]
        end = text.find(skipped[opening], at)
        subset = text.find("[", at, end if end >= 0 else None) if opening == "<!doctype" else -1
        if subset >= 0:
            closed = re.compile(r"\]\s*>").search(text, subset)
            end = closed.end() - 1 if closed else -1
        if end < 0:
            return ""
        at = end + len(skipped[opening])


def suffix_of(path: str) -> str:
    """The suffix of the last name in a path, lower case, with its dot; empty for none.

    >>> suffix_of("/a.b/Part 1.MP3"), suffix_of("/a.b/part"), suffix_of("/.mp3")
    ('.mp3', '', '')
    """
    stem, dot, suffix = path[-300:].rpartition("/")[2].rpartition(".")
    return f".{suffix.lower()}" if dot and stem else ""


def media_type(header: str) -> str:
    """The media type in a `Content-Type`, lower case, without its parameters.

    >>> media_type("Text/HTML; charset=utf-8")
    'text/html'
    """
    return header.partition(";")[0].strip().lower()


def audio_suffix(head: bytes) -> str:
    """The suffix (with its dot) of the audio or video format that starts like `head`; empty for an unknown one."""
    return magic_suffix(head) or _mpeg_suffix(head)


def magic_suffix(head: bytes) -> str:
    """As `audio_suffix`, but only for formats with a mark of their own, and not for frames without a header.

    >>> magic_suffix(b"fLaC"), magic_suffix(b"ID3 tags are text")
    ('.flac', '')
    """
    is_picture = head[4:8] == b"ftyp" and head[8:12] in _PICTURES
    for offset, magic, suffix in _MAGIC:
        is_atom = offset == 4  # after its size, in which there is a zero, as in no text
        if head[offset : offset + len(magic)] == magic and not is_picture and not (is_atom and b"\0" not in head[:4]):
            return suffix
    return ""


def _mpeg_suffix(head: bytes) -> str:
    """MPEG audio without a tag: a frame header with no forbidden field (ISO 11172-3, 2.4.2.3), or ADTS (ISO 14496-3).

    FF FE would be a header too (layer I), but is far more often the byte order mark of UTF-16 text.
    """
    stripped = head.lstrip(b"\x00")
    if stripped.startswith(b"\x0b\x77") and len(stripped) > 5 and stripped[5] >> 3 <= 16:
        return ".ac3"
    if len(stripped) < 4 or head.startswith(b"\xff\xfe") or stripped[0] != 0xFF or stripped[1] & 0xE0 != 0xE0:
        return ""
    version, layer = stripped[1] >> 3 & 3, stripped[1] >> 1 & 3
    if stripped[1] & 0xF6 == 0xF0:
        return ".aac"
    bit_rate, sample_rate = stripped[2] >> 4, stripped[2] >> 2 & 3
    return ".mp3" if version != 1 and layer != 0 and bit_rate != 15 and sample_rate != 3 else ""


def _as_text(head: bytes) -> str | None:
    """`head` decoded as text; None if it is not text: control characters are rare in that, outside markup."""
    text = decoded(head)
    return text if _is_text(text) or _MARKUP.match(text) else None


def _is_text(text: str) -> bool:
    n_controls = len(re.findall(r"[\x00-\x08\x0e-\x1a\x1c-\x1f]", text))
    return "\0" not in text and n_controls * _CHARACTERS_A_CONTROL <= len(text)
