"""What can go wrong before there are samples.

    AudioError
    ├── SourceError         what the user typed names nothing that can be transcribed
    │   ├── FeedError       it is a feed, but no episodes can be read from it
    │   └── PageError       it is a page, but no audio is found on it
    ├── FetchError          an address that may not be reached, or does not give what it promised
    │   ├── GoneError       the server says that there is nothing at this address
    │   └── TransientError  the connection or the server failed, and another try later may do better
    └── DecodeError         the file is there, but no sound can be read from it

Each message names the input and what to do about it; foreign errors hang on ``__cause__``.
"""


def installing(extra: str) -> str:
    """How to get one of turnscript's extras, for a message about something that is not installed.

    >>> installing("editor")
    "pip install 'turnscript[editor]' (in a checkout: pip install '.[editor]')"
    """
    return f"pip install 'turnscript[{extra}]' (in a checkout: pip install '.[{extra}]')"


class AudioError(Exception):
    """Base of all errors of the package, for ``except`` blocks around a whole episode."""


class SourceError(AudioError):
    """A missing file, a folder without audio, a pattern nothing matches."""


class FeedError(SourceError):
    """XML that is no feed, a feed without a single episode that has audio."""


class PageError(SourceError):
    """A page without an audio address, or text that is no page."""


class FetchError(AudioError):
    """A private address, a downgraded redirect, a page in audio's clothing, a file over the limit, a 404."""


class GoneError(FetchError):
    """A 404 or 410."""


class TransientError(FetchError):
    """A dropped or crawling connection, a busy server. `retry_after` (seconds) is what the server asked for."""

    def __init__(self, message: str, *, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class DecodeError(AudioError):
    """An empty file, text in audio's clothing, a format no decoder knows, no room for the samples."""
