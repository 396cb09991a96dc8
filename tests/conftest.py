"""How many workers run the tests, and the seed of everything random: one for a run, told at its beginning.

No test ends or fails by a clock: the machine may be shared, and then any example takes longer than it should.
"""

import os
import secrets

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile(
    "unhurried",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
    print_blob=True,
)
settings.load_profile("unhurried")


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """One worker more than processors, since many tests wait for processes; none for tests that are named alone."""
    is_asked_for = any(argument.startswith(("-n", "--numprocesses")) for argument in config.invocation_params.args)
    if config.option.file_or_dir and not is_asked_for:
        return 0
    return 1 + (len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)


def pytest_configure(config: pytest.Config) -> None:
    os.environ.setdefault("FUSED_SPEC_SEED", str(secrets.randbelow(2**32)))


def pytest_report_header(config: pytest.Config) -> str:
    return f"FUSED_SPEC_SEED={os.environ['FUSED_SPEC_SEED']} repeats the faults of this run"
