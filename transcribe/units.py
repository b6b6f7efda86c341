"""Sizes, times and shares as people write them ("2GB", "30d", "10%") to bytes, seconds and numbers, and back. Pure."""

from __future__ import annotations

import re

from audio.episode import Seconds
from transcribe.errors import SettingsError

_UNITS_BYTES = {
    "B": 1,
    **{f"{prefix}B": 1000**power for power, prefix in enumerate("KMGT", start=1)},
    **{f"{prefix}IB": 1024**power for power, prefix in enumerate("KMGT", start=1)},
}
_UNITS_S = {"m": 60.0, "h": 3600.0, "d": 86_400.0, "w": 604_800.0}


def size_bytes(text: str) -> int:
    """A size in bytes. Raises `SettingsError` for other text.

    >>> size_bytes("2GB"), size_bytes("1.5 MiB"), size_bytes("0")
    (2000000000, 1572864, 0)
    """
    match = re.fullmatch(r"\s*(\d{1,12}(?:\.\d{1,6})?)\s*([A-Za-z]*)\s*", text)
    unit = _UNITS_BYTES.get(match[2].upper() or "B") if match else None
    if match is None or unit is None:
        raise SettingsError(f"{text!r} is not a size such as 500MB or 2GB")
    return int(float(match[1]) * unit)


def share_of(text: str) -> float:
    """A share of a whole, 0 to 1, from a percentage. Raises `SettingsError` for other text.

    >>> share_of("10%"), share_of("2.5 %")
    (0.1, 0.025)
    """
    match = re.fullmatch(r"\s*(\d{1,3}(?:\.\d{1,3})?)\s*%\s*", text)
    if match is None or float(match[1]) > 100:
        raise SettingsError(f"{text!r} is not a percentage such as 10%, from 0% to 100%")
    return float(match[1]) / 100


def age_seconds(text: str) -> Seconds:
    """An age in seconds. Raises `SettingsError` for other text.

    >>> age_seconds("30d"), age_seconds("12h")
    (2592000.0, 43200.0)
    """
    match = re.fullmatch(r"\s*(\d{1,6})\s*([mhdw])\s*", text)
    if match is None:
        raise SettingsError(f"{text!r} is not an age such as 12h, 30d or 8w")
    return int(match[1]) * _UNITS_S[match[2]]


def format_size(n_bytes: int) -> str:
    """A size for display, with decimal units.

    >>> format_size(999), format_size(444_000), format_size(1_730_000_000)
    ('999 B', '444 kB', '1.7 GB')
    """
    size, unit = float(n_bytes), "B"
    for larger in ("kB", "MB", "GB", "TB"):
        if size < 999.5:
            break
        size, unit = size / 1000, larger
    return f"{size:.1f} {unit}" if size < 10 and unit != "B" else f"{size:.0f} {unit}"


def format_duration(seconds: Seconds) -> str:
    """A duration for display.

    >>> format_duration(40), format_duration(725), format_duration(11_100)
    ('40 s', '12 min', '3 h 05 min')
    """
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60:02} min"
