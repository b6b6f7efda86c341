"""Folders of test data; `SHARED` is absent on most machines, and tests that need it skip there."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parents[2]
TESTS = ROOT / "tests"
CLIPS = TESTS / "clips"
CASES = TESTS / "output" / "cases"
CHECK_CASES = TESTS / "evaluation" / "cases"
FEEDS = TESTS / "audio" / "sources" / "feeds"
ODD_FEEDS = TESTS / "audio" / "sources" / "odd_feeds"
SHARED = ROOT.parent / "shared"
