"""Addresses that were spelled out, in English: "info at example dot org", "example dot com slash docs". Pure.

"At", "dot" and "slash" are words of ordinary sentences too. So a host needs a name, "dot" and a top-level domain from a
list, and something that says it is one: "www", a path, a word such as "visit" or "at" before it, or a clause of its
own. What stands before "at" is a part of the address only where a mail address is expected ("write to", "email", "is")
or its name is one of a desk ("info", "support"): "it is live at example dot org" is a page.
"""

from __future__ import annotations

import re

from transcribe.recognition.english_words import FUNCTION_WORDS
from transcribe.recognition.spoken_tokens import Form, Tokens

_TOP = frozenset(
    """
    com org net edu gov mil io dev app info eu uk de nl fr es pl se dk fi cz jp br au nz ca tv fm ai co xyz cloud tech
    blog
    """.split()
)
_LABEL = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_HOST = re.compile(r"(?:[a-z0-9]+(?:-[a-z0-9]+)*\.)+([a-z]{2,})", re.IGNORECASE)
_JOINTS = {"dot": ".", "dash": "-", "hyphen": "-", "underscore": "_"}
_BEFORE_HOST = frozenset(
    "at to on visit is it's that's called from via see of or and out website site page address domain url link".split()
)
_AFTER_DOT_COM = frozenset(
    "company companies boom bubble bust crash era startup startups business domain thing stuff world days years".split()
)
_NO_HOSTS = frozenset(("asp.net", "microsoft.net", "vb.net", "ado.net"))
_DESKS = frozenset(
    """
    info contact hello support press podcast sales admin feedback mail office team editor editors news questions help
    jobs media webmaster postmaster abuse security privacy noreply
    """.split()
)
_MAIL = frozenset("email e-mail emails mail address write contact reach inbox".split())
_MAIL_DISTANCE = 12  # words before an address that may say it is one of mail
_BEFORE_LOCAL = frozenset("is to at address email e-mail mail it's that's contact write or and".split())
_NO_LOCAL = FUNCTION_WORDS | frozenset(
    """
    available live online free look back now today home work found everyone everybody anyone anybody someone somebody
    nobody everything anything something nothing people folks guys friends
    """.split()
)
_LONGEST = 12  # words of an address


def address_at(tokens: Tokens, at: int) -> Form | None:
    """The address that begins with the word `at`, if one does and it is not written as one."""
    return _mail_at(tokens, at) or _page_at(tokens, at)


def _page_at(tokens: Tokens, at: int) -> Form | None:
    after_scheme, scheme = _scheme(tokens, at)
    stop, host, is_spoken = _host(tokens, after_scheme)
    if not host:
        return None
    end, path = _path(tokens, stop)
    if not (path or (is_spoken and (scheme or _is_expected(tokens, at, stop)))):
        return None
    return Form(at, end, scheme + host + path)


def _mail_at(tokens: Tokens, at: int) -> Form | None:
    stop, local = _compound(tokens, at, _JOINTS | {"plus": "+"})
    if not local or tokens.low(stop) not in ("at", "@") or tokens.breaks(stop) or tokens.breaks(stop + 1):
        return None
    end, host, _ = _host(tokens, stop + 1)
    if not host or not _is_local(tokens, at, local, end=end):
        return None
    return Form(at, end, f"{local}@{host}")


def _is_local(tokens: Tokens, at: int, local: str, *, end: int) -> bool:
    """Whether `local` before "at" is a part of a mail address."""
    if not local.isalnum():
        return local.rpartition(".")[2] not in _TOP
    if local in _NO_LOCAL or local.endswith(("ed", "ing")):
        return False
    if tokens.breaks(at):
        if local in _DESKS and tokens.breaks(end):
            return True
    elif not _expects_local(tokens, at - 1):
        return False
    elif local in _DESKS:
        return True
    return any(tokens.low(i) in _MAIL for i in range(max(0, at - _MAIL_DISTANCE), at))


def _expects_local(tokens: Tokens, at: int) -> bool:
    """Whether a mail address can follow the word `at`: "to", or "and" behind another address."""
    is_joined = tokens.low(at) in ("and", "or")
    return tokens.low(at) in _BEFORE_LOCAL and (not is_joined or _is_top(tokens, at - 1))


def _is_top(tokens: Tokens, at: int) -> bool:
    """Whether an address may end with the word `at`."""
    return tokens.low(at).rpartition(".")[2] in _TOP


def _is_expected(tokens: Tokens, at: int, stop: int) -> bool:
    """Whether the words around a spoken host say that it is one."""
    if tokens.low(at) == "www":
        return True
    if tokens.low(stop) in _AFTER_DOT_COM and not tokens.breaks(stop):
        return False
    return tokens.breaks(stop) if tokens.breaks(at) else tokens.low(at - 1) in _BEFORE_HOST


def _scheme(tokens: Tokens, at: int) -> tuple[int, str]:
    """Where a spoken "https colon slash slash" ends, and how it is written."""
    if tokens.low(at) in ("http", "https"):
        rest = at + 2 if tokens.low(at + 1) == "colon" else at + 1
        if tokens.low(rest) == tokens.low(rest + 1) == "slash":
            return rest + 2, f"{tokens.low(at)}://"
    return at, ""


def _host(tokens: Tokens, at: int) -> tuple[int, str, bool]:
    """Where a host ends, how it is written, and whether a dot of it was spoken; (at, "", False) if there is none."""
    match = _HOST.fullmatch(tokens.core(at))
    if match and match[1].lower() in _TOP and tokens.low(at + 1) != "dot":
        return at + 1, tokens.core(at), False
    best, host, text, i = at, "", "", at
    while i - at < _LONGEST:
        stop, label = _label(tokens, i)
        if not label:
            break
        text += label
        if i > at and label in _TOP and not _is_bare(text):
            best, host = stop, text
        if tokens.low(stop) != "dot" or tokens.breaks(stop) or tokens.breaks(stop + 1):
            break
        text, i = text + ".", stop + 1
    return best, host, bool(host)


def _label(tokens: Tokens, at: int) -> tuple[int, str]:
    """One label of a host with its spoken hyphens."""
    return _compound(tokens, at, {"dash": "-", "hyphen": "-"})


def _is_bare(host: str) -> bool:
    """Whether a host has no name of its own: "the dot com", "www dot com"."""
    name = host.removeprefix("www.").rpartition(".")[0]
    return not name or name.partition(".")[0] in FUNCTION_WORDS or name in _JOINTS or host in _NO_HOSTS


def _path(tokens: Tokens, at: int) -> tuple[int, str]:
    """Where a spoken path ends, and how it is written."""
    path = ""
    while not tokens.breaks(at):
        slash = at + 1 if tokens.low(at) == "forward" else at
        if tokens.low(slash) != "slash" or tokens.breaks(slash + 1):
            break
        stop, part = _compound(tokens, slash + 1, _JOINTS)
        if not part or part in FUNCTION_WORDS or part in ("slash", "forward"):
            break
        path, at = f"{path}/{part}", stop
    return at, path


def _compound(tokens: Tokens, at: int, joints: dict[str, str]) -> tuple[int, str]:
    """Words joined by spoken marks, as far as they go: "getting dash started"; (at, "") if the first is none."""
    if not _LABEL.fullmatch(tokens.low(at)) or tokens.low(at) in _JOINTS:
        return at, ""
    text, stop = tokens.low(at), at + 1
    while stop - at < _LONGEST and tokens.low(stop) in joints and not (tokens.breaks(stop) or tokens.breaks(stop + 1)):
        part = tokens.low(stop + 1)
        if not _LABEL.fullmatch(part) or part in _JOINTS:
            break
        text, stop = text + joints[tokens.low(stop)] + part, stop + 2
    return stop, text
