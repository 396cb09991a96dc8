"""One project at two services and in two scopes of one, sharing a store: each runs everything, and exactly once."""

import os
from collections.abc import Mapping

import pytest

from fused_spec.reconcile.archive.receipts import Receipts
from tests.simulator.campaigns import CAMPAIGNS, campaign
from tests.simulator.environments import Environments

ALONE = "one writer, two services and two scopes"
WITH_LEASE = "racing writers with the lease, two services and two scopes"
FORGETS = "a history that forgets, two services and two scopes"
_SCHEDULES: Mapping[str, list[int]] = {ALONE: [250] * 2, WITH_LEASE: [250] * 2, FORGETS: [250] * 2}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One test for each piece, named after its first seed."""
    if "base" in metafunc.fixturenames:
        base = int(os.environ["FUSED_SPEC_SEED"])
        pieces = [
            (name, base + 250 * n, count) for name, counts in _SCHEDULES.items() for n, count in enumerate(counts)
        ]
        ids = [f"{name}, {count} schedules from seed {first}" for name, first, count in pieces]
        metafunc.parametrize(("name", "base", "count"), pieces, ids=ids)


def test_each_environment_runs_everything_exactly_once(name: str, base: int, count: int) -> None:
    figures = campaign(CAMPAIGNS[name], range(base, base + count))
    assert figures.problems == []
    # With the lease at most one in a hundred: a writer that sleeps just between its last look at it and the sending.
    assert len(figures.with_extra) <= (count / 100 if name == WITH_LEASE else 0)


def test_the_same_seed_gives_the_same_schedule() -> None:
    first, second = (Environments(7, CAMPAIGNS[ALONE]) for _ in range(2))
    assert first.run() == second.run()


def test_a_receipt_that_is_believed_anywhere_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Receipts, "is_here", lambda self, receipt: True)
    assert campaign(CAMPAIGNS[ALONE], range(50)).problems


def test_one_scope_for_every_environment_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = Environments.__init__

    def unscoped(self: Environments, *arguments: object) -> None:
        honest(self, *arguments)  # type: ignore[arg-type]
        for part in self.parts:
            part.scope = "ours"

    monkeypatch.setattr(Environments, "__init__", unscoped)
    assert campaign(CAMPAIGNS[ALONE], range(50)).with_extra
