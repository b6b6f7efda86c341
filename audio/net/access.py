"""What some servers need besides an address: another user agent, cookies or none, http where https redirects to it."""

from __future__ import annotations

import contextlib
import email.message
import urllib.request
from collections.abc import Iterable
from dataclasses import dataclass
from http.client import HTTPResponse
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import cast

import audio

_MOST_COOKIES = 100
_LONGEST_COOKIE = 4096  # characters, as in browsers


@dataclass(frozen=True, slots=True)
class Access:
    """How to appear to servers.

    `user_agent` is sent instead of this program's name, to servers that refuse programs they do not know. `cookies` set
    by a server are returned to that host, in this run only; some servers send a client with cookies round in circles.
    `allow_http` follows a redirect from https to http, which anybody on the way can read and change.
    """

    user_agent: str = ""
    cookies: bool = True
    allow_http: bool = False

    def __post_init__(self) -> None:
        if not (self.user_agent.isascii() and (self.user_agent.isprintable())) or len(self.user_agent) > 500:
            raise ValueError("a user agent is one line of at most 500 ASCII characters")

    @property
    def name(self) -> str:
        """The user agent that is sent."""
        return self.user_agent or _own_name()


class Cookies:
    """The cookies of a run, each returned only to the host that set it. Safe to share between threads."""

    def __init__(self) -> None:
        strict = DefaultCookiePolicy(strict_domain=True, strict_ns_domain=DefaultCookiePolicy.DomainStrict)
        self._jar = CookieJar(strict)

    def header(self, url: str) -> dict[str, str]:
        """The header for a request of `url`, if there are cookies for it."""
        request = urllib.request.Request(url)
        with contextlib.suppress(ValueError):  # a host that cannot have any
            self._jar.add_cookie_header(request)
        value = request.get_header("Cookie")
        return {"Cookie": value} if value else {}

    def take(self, url: str, set_cookie: Iterable[str]) -> None:
        """Keep the cookies of a response of `url`: the values of its headers `Set-Cookie`."""
        message = email.message.Message()
        for value in set_cookie:
            if len(value) <= _LONGEST_COOKIE:
                message["Set-Cookie"] = value
        if len(self._jar) > _MOST_COOKIES:
            self._jar.clear()
        if message:
            response = cast(HTTPResponse, _Headers(message))  # all that a jar reads of one
            with contextlib.suppress(ValueError):
                self._jar.extract_cookies(response, urllib.request.Request(url))


class _Headers:
    def __init__(self, message: email.message.Message) -> None:
        self._message = message

    def info(self) -> email.message.Message:
        return self._message


def _own_name() -> str:
    return f"turnscript/{audio.__version__} (fetches episodes to transcribe them)"
