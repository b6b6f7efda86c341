"""Where the tests find their data; `SHARED` is absent on most machines, and tests that need it skip there."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parents[2]
TESTS = ROOT / "tests"
CLIPS = TESTS / "clips"
CASES = TESTS / "cases"
CHECK_CASES = TESTS / "check_cases"
FEEDS = TESTS / "feeds"
SHARED = ROOT.parent / "shared"
