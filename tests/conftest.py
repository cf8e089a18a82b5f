"""Settings of the whole test suite."""

import pytest
from hypothesis import HealthCheck, settings

from checks.features import proved_by

# Machines are noisy and kernels compile on first use: no deadline per example.
settings.register_profile(
    "featurekit", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("featurekit")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Refuses a test that claims to prove what is not in the table of capabilities."""
    for item in items:
        proved_by(item)
