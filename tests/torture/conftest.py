"""Seeds for the tests that are random."""

import os

import pytest

PARTS = 4


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One test for each part of the kills, with a seed of its own."""
    if "seed" in metafunc.fixturenames:
        base = int(os.environ["FUSED_SPEC_SEED"])
        first, *others = (pytest.param(base + part, id=f"seed {base + part}") for part in range(PARTS))
        thorough = [pytest.param(*other.values, id=other.id, marks=pytest.mark.thorough) for other in others]
        metafunc.parametrize("seed", [first, *thorough])
