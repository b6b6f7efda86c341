"""What can go wrong between a transcript and the files on disk.

    OutputError    a draft that cannot be written, or read

Each message names the path and what to do about it; foreign errors hang on ``__cause__``.
"""


class OutputError(Exception):
    """Base of all errors of the package: a folder nobody may write to, a full disk, a draft that is not text."""
