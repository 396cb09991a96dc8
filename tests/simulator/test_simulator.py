"""The promises of docs/reliability.md on 10,000 random schedules, and broken variants that must be noticed.

`FUSED_SPEC_SEED` chooses the schedules; without it they are others each time, and every failure names its seed.
"""

import os
import secrets
from collections.abc import Callable
from dataclasses import replace

import pytest

from fused_spec.reconcile import markers, recover, refresh, rivals, start
from fused_spec.reconcile.journal import Attempt, Journal
from fused_spec.reconcile.site import Site, always
from fused_spec.reconcile.start import StartedRun
from tests.simulator.campaigns import CAMPAIGNS, NETWORK, Figures, campaign
from tests.simulator.schedule import Schedule, Setting
from tests.simulator.service import Faults

_CHUNK = 500
_CHUNKS = {
    "one writer with its journal": 6,
    "one writer, a graph of jobs": 2,
    "racing writers": 4,
    "racing writers, two at once": 1,
    "racing writers, every request delivered twice now and then": 1,
    "racing writers with the lease": 4,
    "a history that forgets": 2,
}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """The same seeds for every worker of a run: the environment's, or those of the run's own id."""
    if "base" in metafunc.fixturenames:
        run = os.environ.get("PYTEST_XDIST_TESTRUNUID", "")
        base = int(os.environ.get("FUSED_SPEC_SEED") or (int(run[:8], 16) if run else secrets.randbelow(2**32)))
        chunks = [(name, base + number * _CHUNK) for name, count in _CHUNKS.items() for number in range(count)]
        metafunc.parametrize(("name", "base"), chunks, ids=[f"{name}, seed {seed}" for name, seed in chunks])


def test_a_campaign_keeps_its_promises(name: str, base: int) -> None:
    figures = campaign(CAMPAIGNS[name], range(base, base + _CHUNK))
    assert figures.problems == []
    if name.startswith(("one writer", "a history")):
        assert figures.with_extra == []
    elif name.endswith("lease"):
        # At most one in a thousand: a writer that sleeps just between its last look at the lease and the sending.
        assert len(figures.with_extra) <= 3


def test_the_same_seed_gives_the_same_schedule() -> None:
    setting = CAMPAIGNS["racing writers"]
    first, second = (Schedule(7, setting) for _ in range(2))
    assert (first.run(), [job.id for job in first.service.jobs]) == (
        second.run(),
        [job.id for job in second.service.jobs],
    )


# Each of these is a way in which tools of this kind have doubled or lost runs; the checks above must see every one.

ONE = CAMPAIGNS["one writer with its journal"]
RACE = CAMPAIGNS["racing writers"]
Patch = pytest.MonkeyPatch


def noticed(figures: Figures) -> bool:
    return bool(figures.with_extra or figures.problems)


def seen(setting: Setting, change: Callable[[Site], Site] = lambda site: site, *, schedules: int = 300) -> Figures:
    return campaign(setting, range(schedules), change)


def test_the_unbroken_code_is_not_noticed() -> None:
    assert not noticed(seen(ONE))


def test_sending_again_without_a_look_is_noticed(monkeypatch: Patch) -> None:
    def again(marker: object, attempt: Attempt, error: Exception, site: Site) -> StartedRun:
        run = site.api.start_job(_job_config(marker))
        return StartedRun(job_id=run.job_id, marker=marker)  # type: ignore[arg-type]

    monkeypatch.setattr(start, "_found_again", again)
    assert seen(ONE).with_extra


def _job_config(marker: object) -> object:
    from fused_spec.reconcile.payload import job_config
    from tests.simulator.schedule import declared

    job = next(one for one in declared(2).desired if one.key == marker.key)  # type: ignore[attr-defined]
    return job_config(job, marker)  # type: ignore[arg-type]


def test_a_start_without_a_marker_is_noticed(monkeypatch: Patch) -> None:
    monkeypatch.setattr(markers.Markers, "read", lambda self, jobs: [None for _ in jobs])
    assert seen(ONE).with_extra


class Forgetful(Journal):
    """A journal that writes no intent down."""

    def intend(self, attempt: Attempt) -> None:
        """Nothing is kept."""


def test_an_intent_that_is_not_written_down_is_noticed() -> None:
    late = replace(NETWORK, late=0.5, longest_late=100.0)
    forget = lambda site: replace(site, journal=Forgetful(site.journal._store, "ours", "model"))  # noqa: E731
    assert seen(replace(ONE, faults=late, crash=0.9), forget, schedules=1000).with_extra


def test_giving_an_intent_up_at_once_is_noticed(monkeypatch: Patch) -> None:
    monkeypatch.setattr(recover, "_is_dead", lambda *_, **__: True)
    assert seen(replace(ONE, faults=replace(NETWORK, late=0.5), crash=0.9), schedules=1000).with_extra


def test_a_lease_without_its_fence_is_noticed() -> None:
    sleepy = Setting(writers=3, suspend=0.9, suspended_within=3.0, within=400.0, lease=True)
    unfenced = seen(
        sleepy, lambda site: replace(site, may_act=always, timing=replace(site.timing, fresh=1e9)), schedules=1000
    )
    fenced = seen(sleepy, schedules=1000)
    assert len(unfenced.with_extra) > 3 * max(1, len(fenced.with_extra))


def test_each_keeping_its_own_run_is_noticed(monkeypatch: Patch) -> None:
    monkeypatch.setattr(rivals, "winner", lambda runs: runs[-1])
    assert seen(RACE, schedules=1000).problems


def test_ending_nobodys_run_is_noticed(monkeypatch: Patch) -> None:
    monkeypatch.setattr(rivals.Rivals, "decide", lambda self, flights, others: [])
    monkeypatch.setattr(refresh, "settled", lambda runs: (list(runs), []))
    setting = replace(RACE, within=2.0, faults=Faults(listing_lag=10.0))
    assert _finished_twice(setting) > 50


def _finished_twice(setting: Setting) -> int:
    """How many schedules let two runs of one attempt come to their end."""
    count = 0
    for seed in range(100):
        schedule = Schedule(seed, setting)
        schedule.run()
        done = [job for job in schedule.service.jobs if job.marker.get("scope") == "ours" and job.cancelled is None]
        count += len(done) > 1
    return count


def test_ending_the_extra_run_lets_hardly_two_come_to_their_end() -> None:
    assert _finished_twice(replace(RACE, within=2.0, faults=Faults(listing_lag=10.0))) < 50


def test_taking_an_unreadable_history_for_an_empty_one_is_noticed(monkeypatch: Patch) -> None:
    honest = refresh.list_jobs

    def blind(api: object) -> list[object]:
        try:
            return honest(api)  # type: ignore[arg-type,return-value]
        except Exception:  # noqa: BLE001  # this is the mistake
            return []

    monkeypatch.setattr(refresh, "list_jobs", blind)
    monkeypatch.setattr(start, "_rival", lambda site, marker: None)
    forgetful = replace(ONE, shared_journal=False, crash=0.9, faults=replace(NETWORK, unreadable=0.3))
    assert seen(forgetful, schedules=500).with_extra
