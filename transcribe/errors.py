"""Errors between samples and a transcript.

    TranscribeError
    ├── SettingsError      an option's value, wherever it was given
    ├── ModelError         an unknown model, weights with a wrong hash
    │   └── UnreachableError   weights that are not on this machine, and nobody to fetch them from
    ├── EngineError        the recogniser or the diarizer itself failed
    ├── ClusterError       a scheduler that cannot be reached, workers of another version or without an answer
    └── TranscriptError    a transcript file that cannot be read, or is of a newer schema

Each message names the input and the next step; the original error is the ``__cause__``.
"""


class TranscribeError(Exception):
    """Base of all errors of the package, for ``except`` blocks around a whole episode."""


class SettingsError(TranscribeError):
    """An invalid value of a setting. The command line reports it as a usage error."""


class ModelError(TranscribeError):
    """A model that is unknown, damaged or cannot be downloaded."""


class UnreachableError(ModelError):
    """Weights that are not on this machine, and no package index or model hub in reach that has them."""


class EngineError(TranscribeError):
    """A stage that failed for an internal reason: memory, a broken build, a bug in a library."""


class ClusterError(TranscribeError):
    """A cluster that cannot run the tasks."""


class TranscriptError(TranscribeError):
    """A file that is not a valid timed transcript."""
