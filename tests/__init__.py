from __future__ import annotations

from hypothesis import HealthCheck, settings

from tests.helpers import setup, teardown

__all__ = ["setup", "teardown"]

# Nothing may depend on how busy the machine is, and no file may stay behind.
settings.register_profile(
    "hyperstream", deadline=None, suppress_health_check=[HealthCheck.too_slow], database=None
)
settings.register_profile("quick", settings.get_profile("hyperstream"), max_examples=20)
settings.load_profile("hyperstream")
