"""The type of the fixtures `run` and `check`."""

from __future__ import annotations

from collections.abc import Callable

Run = Callable[..., tuple[int, str, str]]
"""Runs the command line with some arguments: (exit code, stdout, stderr)."""
