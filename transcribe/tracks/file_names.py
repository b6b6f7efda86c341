"""What the names of tracks' files say: who is on each, and what the episode is called. Pure.

Remote-recording services and recorders name files by the person, by the device or by a number, often with the
episode's name before or behind. What all files share is the episode's; of the rest only words that can be a name count.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

_NO_NAMES = frozenset(
    """
    aac aif aiff all and audio backup call camera ch chan channel clean cleanfeed cloud copy craig day dialog dialogue
    discord dji edit edited ep episode export feed file final flac guest guests h host hosts iso in input interview
    interviewee interviewer intro jingle l left line local lr m4a main master meeting mic microphone mix mixdown mono
    mov mp3 mp4 music new ogg opus out output outro part participant person pod podcast r raw rec recorder recording
    remote right riverside room session sfx show source speaker squadcast stem stereo sync synced take tascam the team
    test track tr unknown untitled user vid video vocal vocals voice wav web webm zencastr zoom jan feb mar apr jun jul
    aug sep oct nov dec monday tuesday wednesday thursday friday saturday sunday
    """.split()
)
_OF_EPISODES = frozenset("call day ep episode interview meeting pod podcast session show".split())
_VOWEL = re.compile(r"[aeiouyàáâãäåæèéêëìíîïòóôõöøùúûüýœ]", re.IGNORECASE)
_LONGEST = 4  # words of a name
_SHORTEST_COMMON = 2  # letters or digits of an episode's name


def names_in(stems: Sequence[str]) -> tuple[str, ...]:
    """The name of the person in each file's stem; empty if there is none, or another file has the same.

    >>> names_in(["ep12-rich", "ep12-haikel_guemar"]), names_in(["2026-rich-bowen", "track1"])
    (('Rich', 'Haikel Guemar'), ('Rich Bowen', ''))
    >>> names_in(["audioRichBowen11234", "Zoom0001"]), names_in(["ada", "Ada"])
    (('Rich Bowen', ''), ('', ''))
    """
    shared = len(stems) > 1
    first, last = (len(_common(stems)), len(_common([stem[::-1] for stem in stems]))) if shared else (0, 0)
    names = [_name(stem[first : max(first, len(stem) - last)]) for stem in stems]
    counts = Counter(name.casefold() for name in names)
    return tuple("" if counts[name.casefold()] > 1 else name for name in names)


def episode_name(paths: Sequence[Path]) -> str:
    """What the files share in their names, before or behind the person's; else their folder's name; else "tracks".

    >>> episode_name([Path("show/ep12-rich.wav"), Path("show/ep12-ada.wav")]), episode_name([Path("my.mkv")])
    ('ep12', 'my')
    >>> episode_name([Path("rich.wav"), Path("ada.wav")]) == Path.cwd().name
    True
    """
    stems = [path.stem for path in paths]
    if len(set(paths)) == 1:
        return stems[0]
    ends = (_common(stems), _common([stem[::-1] for stem in stems])[::-1])
    for each in ends:
        name = each.strip(" _-.,()[]")
        if sum(letter.isalnum() for letter in name) >= _SHORTEST_COMMON and not _is_generic(name):
            return name
    return Path(os.path.abspath(paths[0])).parent.name or "tracks"  # noqa: PTH100 - links keep their names


def _common(stems: Sequence[str]) -> str:
    """What all stems begin with, up to a whole word."""
    prefix = os.path.commonprefix(list(stems))  # noqa: RUF071 - letter by letter is meant
    if any(stem != prefix and stem[len(prefix) : len(prefix) + 1].isalnum() for stem in stems):
        return re.sub(r"[^\W_]+$", "", prefix)
    return prefix


def _is_generic(name: str) -> bool:
    words = [word.casefold() for word in re.split(r"[\W\d_]+", name) if word]
    if _OF_EPISODES.isdisjoint(words):
        return bool(words) and all(word in _NO_NAMES for word in words)
    return not re.search(r"\d", name) and all(word in _NO_NAMES for word in words)


def _name(text: str) -> str:
    """The name in what a file's stem has of its own."""
    words = [word for part in re.split(r"[\W\d_]+", text) for word in _camel_parts(part)]
    kept = [word for word in words if word.casefold() not in _NO_NAMES]
    if not 0 < len(kept) <= _LONGEST or not all(_can_be_name(word, place) for place, word in enumerate(kept)):
        return ""
    return " ".join(word.capitalize() if word.islower() or word.isupper() else word for word in kept)


def _camel_parts(word: str) -> list[str]:
    """ "RichBowen" is two words, "McKay" is one."""
    parts = re.findall(r"[^\W\d_][^\W\d_]*?(?=[A-Z][a-z]{2}|$)", word)
    return parts if len(parts) > 1 and all(len(part) > 2 for part in parts) else [word] if word else []


def _can_be_name(word: str, place: int) -> bool:
    """An initial stands behind a name; any other word has two letters, one of them a vowel if it is Latin."""
    if len(word) == 1:
        return place > 0 and word.isalpha()
    return word.isalpha() and (not word.isascii() or _VOWEL.search(word) is not None)
