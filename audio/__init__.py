"""From a source the user typed to samples: episodes, files, decoded audio. Contains nothing about speech."""

__version__ = "0.2.0"  # of the whole program
