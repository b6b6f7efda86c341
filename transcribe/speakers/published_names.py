"""People whom a recording's title and description name, as the feed or its page publishes them. Pure, English only.

"Interview with Ada Lovelace" names a guest, "hosted by" the host. Any other full name may be that of somebody who takes
part, or of a product: it needs evidence in the speech, but less than a name that is only spoken.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from audio.episode import Person
from transcribe.person_names import without_matches
from transcribe.speakers.name_words import NAME, Vocabulary, name_in

_LONGEST = 20_000  # characters of a description that are read
_MOST = 40  # people
_TAG = re.compile(r"<[^<>]{0,500}>")
_AND = rf"(?:(?:,| and|,? &)\s+{NAME.replace('?P<name>', '?P<other>')})?"
_OF_GUESTS = (
    re.compile(
        rf"\b(?:[Gg]uests?(?:,|:| is| are)?|[Ii]nterview(?: with|:)?|[Ii]nterviewing|[Ff]eaturing) {NAME}{_AND}"
    ),
    re.compile(rf"(?:^|[.!?]\s+){NAME}{_AND} joins?\b"),
)
_OF_HOSTS = (re.compile(rf"\b(?:[Hh]osted by|[Hh]osts?(?::| is| are)|[Yy]our host,?|[Pp]resented by) {NAME}{_AND}"),)
_NAMED = re.compile(NAME)
_UNREAD = Vocabulary(Counter(), Counter(), Counter(), Counter())


def people_in(title: str, description: str | None) -> tuple[Person, ...]:
    """The people in a title and a description: hosts, guests, and those only named (role "named"), each once.

    Only full names count: a single capitalised word of a title is mostly none.

    >>> [(person.name, person.role) for person in people_in("Ada Lovelace on engines", "Hosted by Rich Bowen.")]
    [('Rich Bowen', 'host'), ('Ada Lovelace', 'named')]
    """
    about = _TAG.sub(" ", description or "")[:_LONGEST]
    found: list[Person] = []
    roles = ((_OF_HOSTS, "host", about), (_OF_GUESTS, "guest", title), (_OF_GUESTS, "guest", about))
    named = [(name, role) for patterns, role, text in roles for pattern in patterns for name in _names(pattern, text)]
    named += [(name, "named") for text in (title, about) for name in _names(_NAMED, text)]
    for name, role in named:
        if len(found) < _MOST and without_matches([name], [person.name for person in found]):
            found.append(Person(name, role))
    return tuple(found)


def _names(pattern: re.Pattern[str], text: str) -> Iterator[str]:
    """The full names that a pattern captures."""
    for match in pattern.finditer(text):
        for captured in match.groupdict().values():
            name = name_in(captured or "", _UNREAD)
            if len(name.split()) > 1:
                yield name
