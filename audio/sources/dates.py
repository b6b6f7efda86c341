"""Dates and durations as feeds and pages write them. Pure; a value that is not understood is None, never guessed."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from email.utils import parsedate_to_datetime

from audio.episode import Seconds
from audio.letters import without_accents

_MAX_LENGTH = 100  # characters
_MONTHS = {  # the first letters that decide, without accents, in the languages whose feeds name months
    1: "jan ene gen janv stycz led",
    2: "feb fev fevr",
    3: "mar maar marz mars marc mrt mae",
    4: "apr abr avr avri",
    5: "may mai mag mei maj maio",
    6: "jun giu juin",
    7: "jul lug juil",
    8: "aug ago aou aout",
    9: "sep set sept",
    10: "oct okt out ott",
    11: "nov",
    12: "dec dez dic des",
}
_MONTH_OF = {name: month for month, names in _MONTHS.items() for name in names.split()}
_TUESDAYS = frozenset({"mar", "mardi", "martes", "martedi", "marti"})  # a month only where there is no other
_HOURS_OF_ZONE: dict[str, float] = {
    "ut": 0,
    "utc": 0,
    "gmt": 0,
    "z": 0,
    "wet": 0,
    "bst": 1,
    "west": 1,
    "cet": 1,
    "mez": 1,
    "cest": 2,
}
_HOURS_OF_ZONE |= {"mesz": 2, "eet": 2, "eest": 3, "msk": 3, "jst": 9, "kst": 9, "aest": 10, "aedt": 11, "nzst": 12}
_HOURS_OF_ZONE |= {"nzdt": 13, "est": -5, "edt": -4, "cst": -6, "cdt": -5, "mst": -7, "mdt": -6, "pst": -8, "pdt": -7}
_HOURS_OF_ZONE |= {"akst": -9, "akdt": -8, "hst": -10, "nst": -3.5, "ndt": -2.5, "ast": -4, "adt": -3, "ist": 5.5}
_TIME = re.compile(
    r"(?<![\d:])(\d{1,2})[:h](\d{2})(?::(\d{2})(?:[.,]\d{1,9})?)?\s*([ap]\.?m\b\.?)?", re.IGNORECASE | re.ASCII
)
_MAIL_DATE = re.compile(r"[A-Z][a-z]{2}, \d{1,2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:[0-5]\d (?:[+-]\d{4}|GMT)", re.ASCII)
_OFFSET = re.compile(r"(?:gmt|utc)?\s*([+-])(\d{1,2}):?(\d{2})?", re.IGNORECASE | re.ASCII)
_EARLIEST, _LATEST = datetime(1980, 1, 1, tzinfo=UTC).timestamp(), datetime(2100, 1, 1, tzinfo=UTC).timestamp()
_UNITS = re.compile(
    r"(?:(\d{1,3})\s*(?:h|hr|hrs|hours?|std\.?)\s*)?(?:(\d{1,5})\s*(?:m|min|mins|minutes?)\.?\s*)?"
    r"(?:(\d{1,7})\s*(?:s|sec|secs|seconds?)\.?)?",
    re.ASCII | re.IGNORECASE,
)


def parse_duration(text: str) -> Seconds | None:
    """A duration written as seconds, `M:S`, `H:M:S`, ISO 8601 (`PT1H2M3S`) or with units; None for anything else.

    >>> parse_duration("1:02:03"), parse_duration("61:08"), parse_duration("PT31M"), parse_duration("about an hour")
    (3723.0, 3668.0, 1860.0, None)
    >>> parse_duration("1h 2m"), parse_duration("62 min"), parse_duration("00:31:00,5")
    (3720.0, 3720.0, 1860.5)
    """
    text = text[:_MAX_LENGTH].strip().replace(",", ".")
    if re.fullmatch(r"\d{1,7}(\.\d{1,9})?|(\d{1,3}:)?\d{1,4}:\d{1,2}(\.\d{1,9})?", text, re.ASCII):
        total = 0.0
        for part in text.split(":"):
            total = total * 60 + float(part)
        return total or None
    iso = re.fullmatch(
        r"P(?:(\d{1,3})D)?T?(?:(\d{1,4})H)?(?:(\d{1,5})M)?(?:(\d{1,7}(?:\.\d{1,9})?)S)?", text, re.ASCII | re.IGNORECASE
    )
    if iso:
        parts = zip(iso.groups(), (86400, 3600, 60, 1), strict=True)
        return sum(float(part or 0) * unit for part, unit in parts) or None
    units = _UNITS.fullmatch(text)
    if units is None:
        return None
    return sum(float(part or 0) * unit for part, unit in zip(units.groups(), (3600, 60, 1), strict=True)) or None


def parse_date(text: str) -> datetime | None:
    """A date in the format of mail (RFC 822), Atom (RFC 3339), YAML, or any other in which feeds are seen, in UTC: a
    day and a month by name or a year first, with or without a time and a zone, or seconds since 1970.

    UTC is assumed if it has no known zone. None for anything else, for days such as 3/4/2020, whose order is not
    known, and for a date outside the years 1 to 9999.
    """
    text = " ".join(text[:_MAX_LENGTH].split())
    for parse in (_mail_date, _epoch, datetime.fromisoformat, _parse_parts, parsedate_to_datetime):
        try:
            moment = parse(text)
            if moment is not None:
                return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
        except (ValueError, TypeError, IndexError, OverflowError, AttributeError):
            continue
    return None


def _mail_date(text: str) -> datetime | None:
    """A date as RFC 822 has it, which nearly all feeds write; parsed fast."""
    return parsedate_to_datetime(text) if _MAIL_DATE.fullmatch(text) else None


def _epoch(text: str) -> datetime | None:
    """Seconds or milliseconds since 1970; eight digits are a day in ISO 8601, other numbers no date."""
    if not re.fullmatch(r"\d{9,10}|\d{12,13}|\d{9,10}\.\d{1,9}", text, re.ASCII):
        return None
    seconds = float(text) / (1000 if len(text) >= 12 and "." not in text else 1)
    if not _EARLIEST <= seconds < _LATEST:
        raise ValueError("a number, but of no date in question")
    return datetime.fromtimestamp(seconds, UTC)


def _parse_parts(text: str) -> datetime | None:
    """A date found by its parts: the time by its colons, the day by its month's name or its year, then the zone."""
    plain = without_accents(text)
    plain = re.sub(r"(?<=\d)t(?=\d)", " ", plain)
    hour = minute = second = 0
    rest = ""
    clock = _TIME.search(plain)
    if clock:
        hour, minute, second = int(clock[1]), int(clock[2]), int(clock[3] or 0)
        if clock[4]:
            hour = hour % 12 + (12 if clock[4].startswith("p") else 0)
        rest = plain[clock.end() :]
        plain = f"{plain[: clock.start()]} {rest if re.search(r'[0-9]{4}', rest) else ''}"
    day = _day_in(plain)
    if day is None or minute > 59 or second > 60 or (hour, minute, second) > (24, 0, 0):
        return None
    moment = datetime(*day, tzinfo=_zone_in(rest)) + timedelta(hours=hour, minutes=minute, seconds=min(second, 59))
    return moment.astimezone(UTC)


def _day_in(text: str) -> tuple[int, int, int] | None:
    year_first = re.search(r"(?<!\d)(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?!\d)", text, re.ASCII)
    if year_first:
        return int(year_first[1]), int(year_first[2]), int(year_first[3])
    dotted = re.search(r"(?<!\d)(\d{1,2})\.\s?(\d{1,2})\.\s?(\d{4})(?!\d)", text, re.ASCII)
    if dotted:
        return int(dotted[3]), int(dotted[2]), int(dotted[1])
    slashed = re.search(r"(?<!\d)(\d{1,2})[/-](\d{1,2})[/-](\d{4})(?!\d)", text, re.ASCII)
    if slashed:  # one of the two has to be a day that is no month
        first, other = int(slashed[1]), int(slashed[2])
        if first > 12 or first == other:
            return int(slashed[3]), other, first
        return (int(slashed[3]), first, other) if other > 12 else None
    return _named_day_in(text)


def _named_day_in(text: str) -> tuple[int, int, int] | None:
    words = re.findall(r"\d+|[a-z]+", text)
    months = [(at, month) for at, word in enumerate(words) if (month := _month(word))]
    months = [each for each in months if words[each[0]] not in _TUESDAYS] or months[-1:]
    numbers = [(at, word) for at, word in enumerate(words) if word.isdigit() and len(word) in (1, 2, 4)]
    years = [(at, word) for at, word in numbers if len(word) == 4]
    days = [(at, int(word)) for at, word in numbers if len(word) < 3]
    if not months or not days:
        return None
    at, month = months[0]
    place, day = min(days, key=lambda item: abs(item[0] - at))
    short_year = next((word for where, word in numbers if where > max(place, at) and len(word) == 2), None)
    if years:
        return int(years[0][1]), month, day
    return (int(short_year) + (2000 if int(short_year) < 70 else 1900), month, day) if short_year else None


def _month(word: str) -> int | None:
    return next((_MONTH_OF[word[:n]] for n in (5, 4, 3) if len(word) >= 3 and word[:n] in _MONTH_OF), None)


def _zone_in(text: str) -> tzinfo:
    """The zone after a time; UTC for none or an unknown one."""
    text = text.strip()
    if offset := _OFFSET.match(text):
        minutes = int(offset[2]) * 60 + int(offset[3] or 0)
        return timezone(timedelta(minutes=-minutes if offset[1] == "-" else minutes)) if minutes < 24 * 60 else UTC
    name = re.match(r"\(?([a-z]{1,5})\b", text)
    if name and name[1] in _HOURS_OF_ZONE and "/" not in text:
        return timezone(timedelta(hours=_HOURS_OF_ZONE[name[1]]))
    return _named_zone(text)


def _named_zone(text: str) -> tzinfo:
    import zoneinfo

    name = re.match(r"\[?([a-z]+)/([a-z]+(?:[_-][a-z]+)*)", text)
    if name is None:
        return UTC
    city = re.sub(r"[a-z]+", lambda part: part[0].capitalize(), name[2])
    try:
        return zoneinfo.ZoneInfo(f"{name[1].capitalize()}/{city}")
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        return UTC
