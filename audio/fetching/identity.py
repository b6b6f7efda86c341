"""Which episodes are the same: the law by which an episode found today is one the index has already.

An episode is its feed and its guid. The feed is known by its `podcast:guid`, its address, and the addresses that its
permanent redirects and `itunes:new-feed-url` lead to: by all that it was ever known by, whatever its title. An episode
of no feed has its show's title instead. The spelling of addresses does not count: http or https, `www.`, case of the
host, escapes, a slash at the end, user names; nor that of a guid that is an address. So an episode survives a renamed
show, a moved feed, a new title and a new file: if the publisher replaces the recording, the one fetched first stays.

Publishers break every one of these rules, so a guid alone is not believed, and other evidence can replace it:

1. Same feed and guid, and one of: address, title, day, file name. If none of them agrees, the publisher uses the guid
   again, for another recording.
2. Same guid, whatever the feed, and the same address, or, if it is a guid that nobody else gives (an address, a UUID, a
   tag), the same title and time. So two feeds with the same episode share it, and a feed that moved without a word is
   followed; the `1` or `g1` of two feeds says nothing.
3. One of them without a guid: same address, and the same title and day, or the same time, or one of them undated. The
   query of an address is compared last: in `m/1.mp3?token=2` it is a token; in `play?id=2`, where no file is named, it
   may be the name, and only the same title and time, or without a date the same title, show that it is not.
4. One of them without a guid: same feed, title and time.
5. Two guids: same address and title, at the same time or undated. The publisher numbered the episodes anew.

Two items of one feed in one listing are never the same episode. Where both could be one that is known, it is the one
with the stronger evidence (of two with one guid, the one at the known address), and the other is new. What is not the
same is new: an episode fetched twice is a lesser harm than one never fetched. Everything here is pure, and linear in
the number of episodes and of those known.
"""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC
from functools import lru_cache
from typing import NamedTuple

from audio.episode import Episode
from audio.net.addresses import digest, guid_in_one_spelling, in_one_spelling, without_credentials, without_token

_LONGEST_TITLE = 500

_WORLDWIDE = re.compile(  # an address in one spelling, of a naming scheme, or with a UUID or a digest
    r"[\w-]+(?:\.[\w-]+){0,9}\.[a-z]{2,}(?::\d+)?[/?].|(?:tag|urn|gid|yt):.|.*?[0-9a-f]{16}"
    r"|.*?[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}",
    re.IGNORECASE,
)

Key = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Identity:
    """What identifies an episode; a value that is not known is empty. `feeds` are digests, as an address can be secret;
    `guid` and `address` are spelled in one way; `published` is a time in ISO 8601, of older entries only the day.
    `former` are the keys in the indexes of 0.1 and 0.2."""

    feeds: tuple[str, ...] = ()
    guid: str = ""
    address: str = ""
    title: str = ""
    published: str = ""
    former: tuple[str, ...] = ()

    @classmethod
    def of(cls, episode: Episode) -> Identity:
        """The identity of an episode as its source shows it."""
        guid = guid_in_one_spelling(episode.guid or "")
        names = episode.feeds or ((f"show:{episode.show or ''}",) if guid else ())
        published = ""
        if episode.published is not None:
            try:
                published = episode.published.astimezone(UTC).isoformat()
            except (OverflowError, ValueError):  # the first or the last day there is
                published = episode.published.isoformat()
        address = without_credentials(episode.audio_url) if episode.audio_url else str(episode.path)
        return cls(
            feeds=tuple(dict.fromkeys(map(_feed, names))),
            guid=guid,
            address=in_one_spelling(episode.audio_url or str(episode.path)),
            title=episode.title,
            published=published,
            former=(_former(episode.show or "", episode.guid) if episode.guid else "", _former("", address)),
        )

    @property
    def worldwide_guid(self) -> str:
        """The guid, if no other feed gives it to another episode; else empty."""
        return self.guid if _WORLDWIDE.match(self.guid) and not self.guid.isdecimal() else ""

    @property
    def folded_title(self) -> str:
        """The title without case and spacing."""
        return " ".join(unicodedata.normalize("NFKC", self.title[:_LONGEST_TITLE]).casefold().split())

    @property
    def bare(self) -> str:
        """The address without its query."""
        return self.address.partition("?")[0]

    @property
    def place(self) -> str:
        """The address, without its query if its path names a recording."""
        return without_token(self.address)

    @property
    def host(self) -> str:
        """The address's host."""
        return self.address.partition("/")[0]

    @property
    def file_name(self) -> str:
        """The last part of the address's path."""
        return self.bare.rpartition("/")[2]

    @property
    def day(self) -> str:
        """The day of publication in UTC."""
        return self.published[:10]


class Known:
    """Episodes by name, each with all the identities it was ever seen with."""

    def __init__(self) -> None:
        self._identities: list[tuple[str, Identity]] = []
        self._tables: dict[_Rule, dict[Key, list[str]]] = {}  # each made when it is needed first

    def add(self, name: str, identity: Identity) -> None:
        """Make an episode known, or one that is known under another identity too."""
        self._identities.append((name, identity))
        for rule, table in self._tables.items():
            _enter(table, rule, name, identity)

    def names_of(self, listing: Sequence[Identity]) -> list[str | None]:
        """The names of the episodes of one listing, all of one feed; None for a new one. See the law above."""
        found: dict[Identity, str] = {}
        taken: set[str] = set()
        missing = list(dict.fromkeys(listing))
        for rule in _RULES:
            table = self._table(rule) if missing else {}
            unseen: dict[Key, Iterator[str]] = {}  # so that each name under a key is looked at once
            left: list[Identity] = []
            for identity in missing if table else ():
                names = (unseen.setdefault(key, iter(table.get(key, ()))) for key in rule.of_episode(identity))
                name = next((name for each in names for name in each if name not in taken), None)
                if name is None:
                    left.append(identity)
                else:
                    found[identity] = name
                    taken.add(name)
            missing = left if table else missing
        return [found.get(identity) for identity in listing]

    def names_of_all(
        self, episodes: Sequence[Identity], new_name: Callable[[int], str] | None = None
    ) -> list[str | None]:
        """The names of the episodes of any feeds, None for new ones; with `new_name`, which is given their position,
        these become known by it."""
        names: list[str | None] = [None] * len(episodes)
        for positions in _by_feed(episodes):
            named: dict[Identity, str] = {}
            for at, name in zip(positions, self.names_of([episodes[at] for at in positions]), strict=True):
                identity = episodes[at]
                names[at] = name or named.get(identity)
                if names[at] is None and new_name is not None:
                    names[at] = named[identity] = new_name(at)
            for identity, name in named.items():
                self.add(name, replace(identity, former=()))
        return names

    def with_guid_of(self, identity: Identity) -> str | None:
        """The name of an episode with the same feed and guid, of whatever recording."""
        table = self._table(_SAME_GUID)
        return next((table[key][0] for key in _SAME_GUID.of_episode(identity) if key in table), None)

    def _table(self, rule: _Rule) -> dict[Key, list[str]]:
        if rule not in self._tables:
            table: dict[Key, list[str]] = {}
            self._tables[rule] = table
            for name, identity in self._identities:
                _enter(table, rule, name, identity)
        return self._tables[rule]


def _by_feed(identities: Iterable[Identity]) -> list[list[int]]:
    """The positions of episodes in lists, one a feed; those of no feed are in one list."""
    feeds: dict[tuple[str, ...], list[int]] = {}
    for position, identity in enumerate(identities):
        feeds.setdefault(identity.feeds, []).append(position)
    return list(feeds.values())


@lru_cache(maxsize=1000)
def _feed(name: str) -> str:
    return digest(in_one_spelling(name))


def _former(show: str, identifier: str) -> str:
    return hashlib.sha256(json.dumps([show, identifier]).encode("utf-8", "surrogatepass")).hexdigest()[:24]


Keys = Callable[[Identity], Iterable[Key]]


class _Rule(NamedTuple):
    """An entry and an episode are the same if they have a key in common."""

    of_entry: Keys
    of_episode: Keys


def _enter(table: dict[Key, list[str]], rule: _Rule, name: str, identity: Identity) -> None:
    for key in rule.of_entry(identity):
        table.setdefault(key, []).append(name)


def _same(*values: str, in_each_of: str = "") -> _Rule:
    """The same in all these values, none of them empty; with `in_each_of`, and one of those in common."""

    def keys(identity: Identity) -> Iterable[Key]:
        key = tuple(getattr(identity, name) for name in values)
        if not all(key):
            return ()
        return [(each, *key) for each in getattr(identity, in_each_of) if each] if in_each_of else (key,)

    return _Rule(keys, keys)


def _where_one(lacks: str, *rules: _Rule) -> Iterator[_Rule]:
    """The rules, for pairs of which one at least lacks a value."""

    def only(keys: Keys) -> Keys:
        return lambda identity: () if getattr(identity, lacks) else keys(identity)

    for rule in rules:
        yield _Rule(only(rule.of_entry), rule.of_episode)
        yield _Rule(rule.of_entry, only(rule.of_episode))


def _of_former(rule: _Rule) -> _Rule:
    """The rule, for entries of 0.1 and 0.2."""
    return _Rule(lambda identity: rule.of_entry(identity) if identity.former else (), rule.of_episode)


def _in_feed(rule: _Rule) -> _Rule:
    """The rule, for episodes of feeds: the title of another may be made of its address."""

    def only(keys: Keys) -> Keys:
        return lambda identity: keys(identity) if identity.feeds else ()

    return _Rule(only(rule.of_entry), only(rule.of_episode))


def _of_bare(rule: _Rule) -> _Rule:
    """The rule, for entries without an address: of 0.1 and 0.2, whose download never began."""
    return _Rule(lambda identity: () if identity.address else rule.of_entry(identity), rule.of_episode)


_SAME_GUID = _same("guid", in_each_of="feeds")
_RULES = (  # the strongest evidence first
    _same("address", in_each_of="former"),
    *(
        _same("guid", "address", *also, in_each_of="feeds")
        for also in (("folded_title", "published"), ("folded_title",))
    ),
    *(_same("guid", *also, in_each_of="feeds") for also in (("address",), ("place",), ("folded_title", "published"))),
    *(_same("guid", also, in_each_of="feeds") for also in ("folded_title", "day", "file_name")),
    *(_same(also, in_each_of="former") for also in ("folded_title", "file_name", "day")),
    _of_bare(_same(in_each_of="former")),
    _same("guid", "place"),
    _same("worldwide_guid", "folded_title", "published"),
    *_where_one(
        "guid",
        *(_same("address", *also) for also in (("folded_title", "day"), ("published",))),
        *_where_one("published", _same("address")),
        *(_same("place", *also) for also in (("folded_title", "day"), ("published",))),
        *_where_one("published", _same("place", "folded_title"), _in_feed(_same("bare", "folded_title"))),
        _same("folded_title", "published", in_each_of="feeds"),
    ),
    *(_of_former(_same(where, "day")) for where in ("address", "place")),
    _of_former(_same("host", "file_name", "folded_title", "day")),
    _same("place", "folded_title", "published"),
    *_where_one("published", _same("address", "folded_title")),
)
