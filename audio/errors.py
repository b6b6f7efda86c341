"""What can go wrong before there are samples.

    AudioError
    ├── SourceError    what the user typed names nothing that can be transcribed
    └── DecodeError    the file is there, but no sound can be read from it

Each message names the input and what to do about it; foreign errors hang on ``__cause__``.
"""


class AudioError(Exception):
    """Base of all errors of the package, for ``except`` blocks around a whole episode."""


class SourceError(AudioError):
    """A missing file, a folder without audio, a pattern nothing matches."""


class DecodeError(AudioError):
    """An empty file, text in audio's clothing, a format no decoder knows, no room for the samples."""
