"""Seeds for the tests that are random."""

import os
import secrets

import pytest

PARTS = 4


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """The same seeds for every worker of a run: the environment's, or those of the run's own id."""
    if "seed" in metafunc.fixturenames:
        run = os.environ.get("PYTEST_XDIST_TESTRUNUID", "")
        base = int(os.environ.get("FUSED_SPEC_SEED") or (int(run[:8], 16) if run else secrets.randbelow(2**32)))
        metafunc.parametrize("seed", range(base, base + PARTS), ids=lambda seed: f"seed {seed}")
