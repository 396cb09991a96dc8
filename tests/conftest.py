"""The seed of everything random, the same for all workers of a run and told at its beginning."""

import os
import secrets

import pytest


def pytest_configure(config: pytest.Config) -> None:
    os.environ.setdefault("FUSED_SPEC_SEED", str(secrets.randbelow(2**32)))


def pytest_report_header(config: pytest.Config) -> str:
    return f"FUSED_SPEC_SEED={os.environ['FUSED_SPEC_SEED']} repeats the faults of this run"
