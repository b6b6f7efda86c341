"""How pages call their recordings: what is a name, and what only asks to listen. Pure."""

from __future__ import annotations

import re

from audio.letters import without_accents

_ASKING = frozenset("click download hear listen play stream tap watch".split())
_CALL_TO_ACTION = re.compile(  # what only asks to listen, or says what every recording is
    r"(?:(?:please|click|tap|here|to|download|hear|listen|play|stream|get|it|the|this|your|now|direct|link|right"
    r"|whole|full|complete|entire|episode|audio|sound|only|version|recording|player|file|mp3|m4a|ogg|opus"
    r"|\d[\d.,]{0,9}\s?[kmg]i?b|\d{1,3}(?::\d\d){1,2})(?!\w)\W*)+"
)


def folded(text: str) -> str:
    """The words of a title, to compare it: without case, accents, punctuation and what only asks to listen.

    >>> folded("Listen: Café – Ep. 3")
    'cafe ep 3'
    """
    plain = without_accents(text[:500])
    asked = _CALL_TO_ACTION.match(plain)
    rest = plain[asked.end() :] if asked and asked.end() < len(plain) else ("" if asked else plain)
    return " ".join(re.findall(r"\w+", rest or ""))


def asks_to_listen(text: str) -> bool:
    """Whether a label begins by asking to listen, and so is no title.

    >>> asks_to_listen("Download this episode"), asks_to_listen("Playing fields")
    (True, False)
    """
    return text[:20].lower().partition(" ")[0] in _ASKING
