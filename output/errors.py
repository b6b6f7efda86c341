"""Errors between a transcript and the files on disk.

    OutputError             a draft that cannot be written, or read
    └── NotAFolderError     a file where a folder is wanted

Each message names the path and the next step; the original error is the ``__cause__``.
"""


class OutputError(Exception):
    """Base of all errors of the package: a folder without write permission, a full disk, a draft that is not text."""


class NotAFolderError(OutputError):
    """The path of a folder that is a file's, or leads through one."""
