"""Settings of the whole test suite."""

from hypothesis import HealthCheck, settings

# Machines are noisy and kernels compile on first use: no deadline per example.
settings.register_profile(
    "featurekit", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("featurekit")
