"""Seeds for the tests that are random."""

import os

import pytest

PARTS = 4


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One test for each part of the kills, with a seed of its own."""
    if "seed" in metafunc.fixturenames:
        base = int(os.environ["FUSED_SPEC_SEED"])
        metafunc.parametrize("seed", range(base, base + PARTS), ids=lambda seed: f"seed {seed}")
