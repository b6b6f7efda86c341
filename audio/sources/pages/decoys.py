"""What on a page is hardly its own episode: by its place, its name, or as a background. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit

from audio.sources.pages.wording import asks_to_listen, folded

_PAGE_VOICE = "a voice that reads the page"
_ELSEWHERE = {"aside": "in a sidebar", "nav": "in the navigation", "footer": "in the footer"}
_ROLES = {"complementary": "in a sidebar", "navigation": "in the navigation", "contentinfo": "in the footer"}
_PLACES = {
    "in a sidebar": "aside sidebar sidebars widget widgets",
    "in the footer": "footer",
    "in the navigation": "nav navigation navbar breadcrumb breadcrumbs menu",
    "among other episodes": (
        "related similar recommended recommendation recommendations recommend suggested suggestion suggestions upnext "
        "next prev previous previously missed more popular trending recent latest also older newer others other archive"
        " archives carousel"
    ),
    "in an advertisement": "ad ads adslot advert advertisement advertising sponsor sponsors sponsored promo promotion",
    "in the comments": "comment comments commentlist disqus",
    "in the transcript": "transcript transcripts",
    _PAGE_VOICE: "tts readaloud speechkit beyondwords readspeaker speechify",
    "a short piece of one": "soundbite soundbites audiogram",
}
_PLACE_OF = {word: reason for reason, words in _PLACES.items() for word in words.split()}
_NAMES = {
    "an advertisement": "ad ads advert adverts advertisement sponsor sponsors preroll midroll postroll promo promos",
    "a trailer or a preview": (
        "trailer trailers teaser teasers preview previews sample snippet excerpt demo hörprobe vorschau extrait annonce"
        " tráiler anteprima"
    ),
    "a short piece of one": "clip clips soundbite soundbites audiogram",
    "how a word is said": "pronunciation pronunciations pronounce",
    "a jingle": "jingle jingles intro outro bumper sting stinger ident theme signature",
    "a sound effect": (
        "captcha tone tones sfx effect effects ding dong beep click chime bell hover swoosh whoosh notification notify"
        " alert ringtone silence silent empty blank placeholder"
    ),
    "a background": "hero bg background ambient ambience loop backdrop",
}
_NAME_OF = {word: reason for reason, words in _NAMES.items() for word in words.split()}
_OTHERS = frozenset(  # in headings of other languages
    "weitere ähnliche verwandte frühere autres aussi précédents précédentes más otros otras relacionados relacionadas"
    " anteriores meer andere vorige altri altre correlati mais outros outras".split()
)
_GENERIC = frozenset("audio sound sounds music video mp file final new the a our podcast show site page ui".split())
_FOLDERS = {
    **dict.fromkeys(("sfx", "sound-effects", "soundeffects", "sound_effects", "ui-sounds"), "a sound effect"),
    **dict.fromkeys(("ads", "adverts", "sponsors", "promos"), "an advertisement"),
    **dict.fromkeys(("jingles",), "a jingle"),
    **dict.fromkeys(("trailers", "previews", "teasers", "samples"), "a trailer or a preview"),
}
_ELEMENT_NAMES = frozenset(
    "ad ads advert sponsor trailer teaser preview jingle pronunciation captcha sfx beep chime bell notification hero bg"
    " background".split()
)
_NAMING = ("id", "class", "data-component", "data-module", "data-block", "data-widget", "data-section", "data-testid")
_ARTICLES = frozenset("a an our my short free".split())
_LIVE = frozenset(("live", "livestream", "onair"))
_LENGTHS = frozenset("minute minutes second seconds".split())
_PAGE_WORDS = frozenset("article post page story aloud".split())
_MAX_HEADING = 6  # words
_NO_PLACE = re.compile(  # what page builders and folds are called
    r"(?<=\w)[-_]+widgets?(?![a-z])|(?:show|read|see|view|learn|load|expand)[-_]?more(?![a-z])", re.IGNORECASE
)
_WORD = re.compile(r"[^\W\d_]+")
_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])")
_MAX_LABEL = 4  # words of a label that says no more than what a sound is
_MAX_NAME = 300  # characters looked at


def place_of(tag: str, attributes: Mapping[str, str]) -> str:
    """Why what is in this element is hardly the page's own; empty for no reason.

    >>> place_of("div", {"class": "related-posts"}), place_of("section", {"class": "episode"})
    ('among other episodes', '')
    """
    if reason := _ELSEWHERE.get(tag) or _ROLES.get(attributes.get("role", "").lower()):
        return reason
    names = [attributes[name] for name in _NAMING if name in attributes]
    words = words_of(_NO_PLACE.sub(" ", " ".join(names)[:_MAX_NAME]))
    reason = _first(words, _PLACE_OF) or next(filter(None, map(_read_aloud, names)), "")
    is_region = tag == "section" or "role" in attributes
    return reason or (place_of_heading(attributes.get("aria-label", "")) if is_region else "")


def place_of_heading(heading: str) -> str:
    """Why what is under this heading is hardly the page's own: "Related episodes", "Listen to the trailer"."""
    words = words_of(heading)
    if len(words) <= _MAX_HEADING and (reason := _first(words, _PLACE_OF)):
        return reason
    return _PLACE_OF["others"] if len(words) <= _MAX_HEADING and _OTHERS.intersection(words) else _asked_for(heading)


def name_of_element(attributes: Mapping[str, str]) -> str:
    """Why an element's own id or class speaks against what it plays; empty for no reason.

    >>> name_of_element({"id": "notification-sound"}), name_of_element({"class": "player theme-dark"})
    ('a sound effect', '')
    """
    words = words_of(f"{attributes.get('id', '')} {attributes.get('class', '')}")
    return _first((word for word in words if word in _ELEMENT_NAMES), _NAME_OF)


def place_of_key(key: str) -> str:
    """The same for a key of JSON: `relatedEpisodes`, `nextEpisode`, `trailer`."""
    words = words_of(key)
    return _first(words, _PLACE_OF) or _first(words, _NAME_OF)


def against_medium(tag: str, attributes: Mapping[str, str]) -> str:
    """Why a media element is hardly the page's player: its own name, or how it plays; empty for no reason."""
    is_hidden = "hidden" in attributes and "controls" not in attributes
    reasons = {
        name_of_element(attributes): True,
        "a film without sound": tag.endswith("video") and "muted" in attributes,
        "plays without end": "loop" in attributes,
        "hidden": is_hidden,
    }
    return next((reason for reason, is_so in reasons.items() if reason and is_so), "")


def against_link(attributes: Mapping[str, str]) -> str:
    """Why a link hardly leads to the page's own: its name, or that it is the one before or after; empty for none."""
    is_beside = not {"prev", "next"}.isdisjoint(attributes.get("rel", "").lower().split())
    return name_of_element(attributes) or (_PLACE_OF["others"] if is_beside else "")


def name_of_attribute(name: str) -> str:
    """The same for an attribute: `data-preroll`, `data-trailer-src`.

    >>> name_of_attribute("data-preroll-url"), name_of_attribute("data-audio")
    ('an advertisement', '')
    """
    return _first(words_of(name), _NAME_OF)


def name_of(address: str, labels: Iterable[str], titles: Iterable[str]) -> str:
    """Why the name of a recording, or a label that says no more than what it is, speaks against it; empty if none does.

    A word that is also in one of the page's `titles` speaks against nothing.

    >>> name_of("https://x.example/show-jingle.mp3", [], ["Ep 3"]), name_of("https://x.example/a.mp3", ["Trailer"], [])
    ('a jingle', 'a trailer or a preview')
    >>> name_of("https://x.example/trailer.mp3", [], ["Trailer for season 2"])
    ''
    """
    own = frozenset(word for title in titles for word in words_of(title))
    path = PurePosixPath(unquote(urlsplit(address).path)[-_MAX_NAME:])
    told = [word for word in words_of(path.stem) if word not in _GENERIC]
    reason = _NAME_OF.get(told[-1], "") if told and told[-1] not in own else ""
    if told and all(word in _NAME_OF and word not in own for word in told):
        reason = reason or _NAME_OF[told[0]]
    if told and _LIVE.issuperset(told):
        reason = reason or "a live broadcast"
    for folder in path.parent.parts:
        reason = reason or (_FOLDERS.get(folder.lower(), "") if folder.lower() not in own else "")
    for label in labels:
        words = words_of(label)
        if not own.intersection(words):
            reason = reason or (_first(words, _NAME_OF) if len(words) <= _MAX_LABEL else "") or _asked_for(label)
    return reason


def _read_aloud(name: str) -> str:
    reason = _asked_for(" ".join(words_of(name))) if "listen" in name.lower() else ""
    return reason if reason == _PAGE_VOICE else ""


def _asked_for(text: str) -> str:
    """Why what a text asks to listen to is hardly the page's own: "Play the trailer for our next season".

    >>> _asked_for("Listen to the trailer for season 2"), _asked_for("Listen to this article"), _asked_for("Listen")
    ('a trailer or a preview', 'a voice that reads the page', '')
    """
    words = folded(text).split()
    if words[:2] == ["on", "air"] or (words[:1] == ["live"] and asks_to_listen(text)):
        return "a live broadcast"
    if not words or not asks_to_listen(text):
        return ""
    if all(word in _PAGE_WORDS for word in words):
        return _PAGE_VOICE
    named = next((word for word in words if word not in _ARTICLES), "")
    is_beginning = named == "first" and not _LENGTHS.isdisjoint(words[:5])
    return "a trailer or a preview" if is_beginning else _NAME_OF.get(named, "")


def is_background(tag: str, attributes: Mapping[str, str]) -> bool:
    """Whether an element plays by itself, without sound or without end, and cannot be stopped: no page's episode."""
    if "controls" in attributes:
        return False
    if "muted" in attributes and ("autoplay" in attributes or "loop" in attributes):
        return True
    return "loop" in attributes or tag == "bgsound"


def words_of(text: str) -> list[str]:
    """The words of a name, an identifier or a label, in small letters, without numbers.

    >>> words_of("relatedEpisodes_2 next-up")
    ['related', 'episodes', 'next', 'up']
    """
    return [word.lower() for word in _WORD.findall(_HUMP.sub(" ", text[:_MAX_NAME]))]


def _first(words: Iterable[str], reasons: Mapping[str, str]) -> str:
    return next((reasons[word] for word in words if word in reasons), "")
