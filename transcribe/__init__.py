"""From samples to a transcript: words, speakers, turns, and the command line over all three packages."""

__version__ = "0.2.0"
