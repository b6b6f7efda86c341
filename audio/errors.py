"""The errors of the package.

    AudioError
    ├── SourceError         the source the user typed names nothing that can be transcribed
    │   ├── MistypedError   there is nothing of this name: no file, no match of a pattern, no valid address
    │   ├── FeedError       a feed from which no episodes can be read
    │   └── PageError       a page on which no audio is found
    ├── FetchError          a forbidden address, or one that does not deliver audio
    │   ├── GoneError       the server has nothing at this address
    │   └── TransientError  the connection or the server failed; a later retry may succeed
    ├── DecodeError         the file exists, but no sound can be read from it
    │   ├── NoSoundError    nothing of it is damaged: there is none
    │   └── NotARecordingError  it is a file of another kind
    ├── UntrustedError      a folder in which another user could have put something
    └── NoHomeError         neither a home folder nor a variable says where our files are

    WrongKindError          beside the base of each package, for what is of another kind than is wanted

Each message names the input and the next step; the original error is in ``__cause__``.
"""

from __future__ import annotations

import sys


def missing_package(error: ModuleNotFoundError) -> str:
    """The package that somebody else makes and that is not installed, as with requirements/drafts.txt; else nothing."""
    name = (error.name or "").partition(".")[0]
    return "" if name in sys.stdlib_module_names or name in ("audio", "output", "transcribe") else name


class WrongKindError(Exception):
    """A file of another kind than is wanted, such as a picture for a recording: a mistake in what was typed. Each
    package has such an error of its own, which is one of this class, too."""


class AudioError(Exception):
    """Base of all errors of the package, for ``except`` blocks around an episode.

    `about` is the input the error is about, as the user knows it; the message is `about` and the `problem`.

    >>> str(AudioError("is empty", about="talk.mp3"))
    'talk.mp3: is empty'
    """

    def __init__(self, message: str, *, about: object = "") -> None:
        self.about = str(about)
        self.problem = message
        super().__init__(f"{self.about}: {message}" if self.about else message)


class SourceError(AudioError):
    """A folder without audio, a file that may not be read."""


class MistypedError(SourceError):
    """A missing file, a pattern without matches, an address that is none. The command line calls it wrong usage."""


class FeedError(SourceError):
    """XML that is not a feed, a feed without audio."""


class PageError(SourceError):
    """A page without an audio address, or text that is not a page."""


class FetchError(AudioError):
    """A private address, a redirect from https to http, a page instead of audio, a file over the limit."""


class GoneError(FetchError):
    """A 404 or 410."""


class TransientError(FetchError):
    """A dropped or too slow connection, a busy server. `retry_after` (seconds) is the pause the server requests."""

    def __init__(self, message: str, *, about: object = "", retry_after: float | None = None) -> None:
        super().__init__(message, about=about)
        self.retry_after = retry_after


class DecodeError(AudioError):
    """An empty file, text instead of audio, an unsupported format, no disk space for the samples."""


class NoSoundError(DecodeError):
    """An empty file, a recording without a single sample, a film without a sound track."""


class NotARecordingError(DecodeError, WrongKindError):
    """A text, a picture, an archive: a file that is something else."""


class UntrustedError(AudioError):
    """A cache, or a folder of voices, that belongs to another user or that others may write to."""


class NoHomeError(AudioError):
    """A user without a home folder, as a container's user number without a name is, and no variable names another."""
