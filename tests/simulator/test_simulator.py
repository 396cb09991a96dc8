"""The promises of docs/reliability.md on random schedules.

`FUSED_SPEC_SEED` chooses the schedules; without it they are others each time (`tests/conftest.py` tells which).
"""

import os

import pytest

from tests.depth import at_depth
from tests.simulator.campaigns import CAMPAIGNS, HARSHER, campaign
from tests.simulator.environments import Environments
from tests.simulator.schedule import Schedule

# A run of everything plays 500 schedules of each campaign, in pieces that share the work out among its workers.
_PIECES = at_depth(2, in_breadth=1)
_SCHEDULES = at_depth(250, in_breadth=20)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One test for each piece, named after its first seed."""
    if "base" in metafunc.fixturenames:
        base = int(os.environ["FUSED_SPEC_SEED"])
        pieces = [(name, base + _SCHEDULES * piece) for name in CAMPAIGNS for piece in range(_PIECES)]
        ids = [f"{name}, {_SCHEDULES} schedules from seed {first}" for name, first in pieces]
        metafunc.parametrize(("name", "base"), pieces, ids=ids)


def test_a_campaign_keeps_its_promises(name: str, base: int) -> None:
    figures = campaign(CAMPAIGNS[name], range(base, base + _SCHEDULES))
    assert figures.problems == []
    if "racing" not in name:
        assert figures.with_extra == []
    elif "with the lease" in name:
        # At most one in a hundred: a writer that sleeps just between its last look at the lease and the sending.
        assert len(figures.with_extra) <= max(1, _SCHEDULES / 100)


def test_a_run_that_could_not_be_archived_is_found_again_beside_an_intent_that_is_open() -> None:
    """The look for the intent, first of the last apply, went down just to that run's neighbours."""
    producers = CAMPAIGNS["racing writers with the lease, producers that run again"]
    assert campaign(producers, [378112369]).problems == []


def test_a_run_that_twice_could_not_be_archived_is_found_again_below_newer_ones() -> None:
    """Newer runs of its job hid it from a look that goes down just to the newest of each."""
    producers = CAMPAIGNS["racing writers with the lease, producers that run again"]
    assert campaign(producers, [2917047617]).problems == []


@pytest.mark.parametrize("name", HARSHER)
def test_a_service_that_is_worse_than_usual_leads_to_no_problem(name: str) -> None:
    assert campaign(HARSHER[name], range(at_depth(100, in_breadth=15))).problems == []


def test_the_same_seed_gives_the_same_schedule() -> None:
    setting = CAMPAIGNS["racing writers"]
    first, second = (Schedule(7, setting) for _ in range(2))
    assert (first.run(), [job.id for job in first.service.jobs]) == (
        second.run(),
        [job.id for job in second.service.jobs],
    )


def test_the_same_seed_gives_the_same_schedule_in_every_environment() -> None:
    setting = CAMPAIGNS["one writer, two services and two scopes"]
    first, second = (Environments(7, setting) for _ in range(2))
    assert first.run() == second.run()
