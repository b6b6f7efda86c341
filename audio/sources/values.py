"""Text, dates and durations as feeds and pages write them. Pure."""

from __future__ import annotations

import html
import re
import unicodedata
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from audio.episode import Seconds

_MAX_DATE_LENGTH = 100  # characters
_ZONES = {"UTC": "+00:00", "GMT": "+00:00"}


def parse_duration(text: str) -> Seconds | None:
    """A duration written as seconds, `M:S`, `H:M:S` or ISO 8601 (`PT1H2M3S`); None for anything else.

    >>> parse_duration("1:02:03"), parse_duration("61:08"), parse_duration("PT31M"), parse_duration("about an hour")
    (3723.0, 3668.0, 1860.0, None)
    """
    text = text.strip()
    if re.fullmatch(r"\d{1,7}(\.\d{1,9})?|(\d{1,3}:)?\d{1,4}:\d{1,2}(\.\d{1,9})?", text, re.ASCII):
        total = 0.0
        for part in text.split(":"):
            total = total * 60 + float(part)
        return total or None
    iso = re.fullmatch(r"P(?:(\d{1,3})D)?T?(?:(\d{1,4})H)?(?:(\d{1,5})M)?(?:(\d{1,7}(?:\.\d{1,9})?)S)?", text, re.ASCII)
    if iso is None:
        return None
    return sum(float(part or 0) * unit for part, unit in zip(iso.groups(), (86400, 3600, 60, 1), strict=True)) or None


def parse_date(text: str) -> datetime | None:
    """A date in the format of mail (RFC 822), Atom (RFC 3339), YAML or a plain day, converted to UTC.

    UTC is assumed if it has no zone. None for anything else, and for a date outside the years 1 to 9999.
    """
    text = " ".join(text[:_MAX_DATE_LENGTH].split())
    for parse in (parsedate_to_datetime, datetime.fromisoformat, _parse_spaced_zone):
        try:
            moment = parse(text)
            return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
        except (ValueError, TypeError, IndexError, OverflowError):
            continue
    return None


def decode_text(data: bytes, *encodings: str) -> str:
    """`data` as text: by its byte order mark, the stated `encodings` (empty and unknown ones are skipped), as UTF-8, or
    as cp1252, the most frequent other one."""
    utf16 = "utf-16" if data.startswith((b"\xff\xfe", b"\xfe\xff")) else ""
    for name in filter(None, (utf16, *encodings, "utf-8-sig")):
        try:
            return data.decode(name)
        except (LookupError, UnicodeError):
            continue
    return data.decode("cp1252", "replace")


def plain_text(text: str) -> str:
    """`text` on one line, without HTML tags and entities (feeds put them even into titles), lone surrogates, and
    invisible control characters (of terminals and of text direction)."""
    if "<" in text:
        text = re.sub(r"</?[A-Za-z][^<>]*>", " ", text)
    text = " ".join(html.unescape(text).split()).encode("utf-8", "replace").decode()
    return text if text.isprintable() else " ".join("".join(filter(_is_text, text)).split())


def _is_text(character: str) -> bool:
    """Whether a character belongs to text; the two joiners do: Persian, Hindi and emoji need them."""
    return character in "\u200c\u200d" or unicodedata.category(character) not in ("Cc", "Cf")


def _parse_spaced_zone(text: str) -> datetime:
    """ISO 8601 with a space before the zone: `2020-01-02 03:04:05 +02:00`, or `… UTC`."""
    return datetime.fromisoformat(
        re.sub(r" (UTC|GMT|[+-]\d\d:?\d\d)$", lambda match: _ZONES.get(match[1], match[1]), text)
    )
