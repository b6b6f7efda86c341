"""From samples to a transcript: words, speakers, turns, and the command line over all three packages."""

from audio import __version__ as __version__
