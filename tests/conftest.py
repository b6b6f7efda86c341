"""What all tests share."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

# No test is timed: a busy machine is not a failure. The examples are the same in every run.
settings.register_profile("turnscript", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("turnscript")
