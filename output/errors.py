"""Errors between a transcript and the files on disk.

    OutputError             a draft that cannot be written, or read
    ├── NotAFolderError     a file where a folder is wanted
    └── NotADraftError      a file of another kind where a draft is wanted

Each message names the path and the next step; the original error is the ``__cause__``.
"""

from audio.errors import WrongKindError


class OutputError(Exception):
    """Base of all errors of the package: a folder without write permission, a full disk, a draft that is not text."""


class NotAFolderError(OutputError):
    """The path of a folder that is a file's, or leads through one."""


class NotADraftError(OutputError, WrongKindError):
    """A recording, a picture, captions: a file that is something else."""
