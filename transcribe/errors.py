"""Errors between samples and a transcript.

    TranscribeError
    ├── SettingsError      an option's value, wherever it was given
    ├── ModelError         weights with a wrong hash, a folder without weights
    │   ├── UnknownModelError  a value of `model` that names none; a SettingsError, too
    │   └── UnreachableError   weights that are not on this machine, and nobody to fetch them from
    │       └── WrongFileError     a package index that was reached and has another file
    ├── EngineError        the recogniser or the diarizer itself failed
    ├── NotInstalledError  a package that an option or a command needs, and this installation lacks
    ├── ClusterError       a scheduler that cannot be reached, workers of another version or without an answer
    └── TranscriptError    a transcript file that cannot be read, or is of a newer schema
        └── NotATranscriptError  a file of another kind

Each message names the input and the next step; the original error is the ``__cause__``.
"""

from audio.errors import WrongKindError


class TranscribeError(Exception):
    """Base of all errors of the package, for ``except`` blocks around a whole episode."""


class SettingsError(TranscribeError):
    """An invalid value of a setting. The command line reports it as a usage error.

    `setting` is the field of `Settings`, where whoever catches the error may know which file sets it.
    """

    def __init__(self, message: str, *, setting: str = "") -> None:
        self.setting = setting
        super().__init__(message)


class ModelError(TranscribeError):
    """A model that is unknown, damaged or cannot be downloaded."""


class UnknownModelError(ModelError, SettingsError):
    """A name that no model has, or a folder that is none."""


class UnreachableError(ModelError):
    """Weights that are not on this machine, and no package index or model hub in reach that has them."""


class WrongFileError(UnreachableError):
    """A package index that was reached, and sends something other than the published file."""


class EngineError(TranscribeError):
    """A stage that failed for an internal reason: memory, a broken build, a bug in a library."""


class NotInstalledError(TranscribeError):
    """A package of an extra that is not installed. The command line calls it wrong usage, as nothing can be done."""


class ClusterError(TranscribeError):
    """A cluster that cannot run the tasks."""


class TranscriptError(TranscribeError):
    """A file that is not a valid timed transcript."""


class NotATranscriptError(TranscriptError, WrongKindError):
    """A recording, a picture, a PDF: a file that is something else."""
