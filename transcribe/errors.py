"""What can go wrong between samples and a transcript.

    TranscribeError
    ├── SettingsError      an option's value, wherever it was given
    ├── ModelError         no such model, weights that are not what they claim, no network to get them
    ├── EngineError        the recogniser or the diarizer itself failed
    ├── ClusterError       a scheduler out of reach, workers that do not match or do not answer
    └── TranscriptError    a transcript file that cannot be read, or is of a newer schema

Each message names the input and what to do about it; foreign errors hang on ``__cause__``.
"""


class TranscribeError(Exception):
    """Base of all errors of the package, for ``except`` blocks around a whole episode."""


class SettingsError(TranscribeError):
    """A value no setting can have. The command line makes a usage error of it."""


class ModelError(TranscribeError):
    """A model that is unknown, damaged or out of reach."""


class EngineError(TranscribeError):
    """A stage that broke for reasons of its own: memory, a broken build, a bug underneath."""


class ClusterError(TranscribeError):
    """A cluster that cannot do the work."""


class TranscriptError(TranscribeError):
    """A timed transcript that is not one."""
