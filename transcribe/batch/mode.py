"""What a run may do with what is there from earlier runs."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Mode:
    """`ignore_cache` recognises everything again, whatever earlier runs cached; `force` replaces edited drafts, after a
    backup."""

    ignore_cache: bool = False
    force: bool = False


UPDATE = Mode()
"""What is done stays: the mode of a run that asks for no other."""
