"""Ways in which tools of this kind have doubled or lost runs; the checks of the simulator must see every one.

Each is looked for in schedule after schedule until one shows it; in that one the unbroken code must show nothing.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from itertools import islice
from typing import Any

import pytest
from msgspec import structs

from fused_spec.jobs import status
from fused_spec.jobs.parts import Stretches
from fused_spec.plan import again, lineage, planner
from fused_spec.plan.model import Change, PastRun, Run
from fused_spec.reconcile.applying import act, catch_up, progress, recover
from fused_spec.reconcile.archive import gathering
from fused_spec.reconcile.archive.receipts import Receipts
from fused_spec.reconcile.following import rivals
from fused_spec.reconcile.history import listing, markers, refresh, search, unfinished
from fused_spec.reconcile.journal.intents import Attempt, Journal
from fused_spec.reconcile.marking import done
from fused_spec.reconcile.marking.payload import job_config
from fused_spec.reconcile.site import Site, always
from fused_spec.reconcile.starting import start
from fused_spec.reconcile.starting.start import StartedRun
from tests.depth import at_depth
from tests.simulator import schedule
from tests.simulator.campaigns import CAMPAIGNS, HARSHER, NETWORK, Figures, campaign
from tests.simulator.environments import Environments
from tests.simulator.schedule import Schedule, Setting, declared
from tests.simulator.service import Faults

ONE = CAMPAIGNS["one writer with its journal"]
CHANGING = CAMPAIGNS["one writer whose specs change back and forth"]
AGAIN = CAMPAIGNS["one writer, producers that run again"]
RACE = CAMPAIGNS["racing writers"]
PLACES = CAMPAIGNS["one writer, two services and two scopes"]
Patch = pytest.MonkeyPatch


def doubled(figures: Figures) -> bool:
    return bool(figures.with_extra)


def troubled(figures: Figures) -> bool:
    return bool(figures.problems)


def noticed(figures: Figures) -> bool:
    return doubled(figures) or troubled(figures)


def told(words: str) -> Callable[[Figures], bool]:
    return lambda figures: any(words in problem for _, problem in figures.problems)


def unbroken(site: Site) -> Site:
    return site


def is_noticed(
    setting: Setting,
    patch: Patch,
    change: Callable[[Site], Site] = unbroken,
    *,
    by: Callable[[Figures], bool] = noticed,
    beside: Callable[[Site], Site] = unbroken,
    schedules: int = 300,
    compared: int = 1,
) -> bool:
    """Whether one of so many schedules shows what `patch` or `change` broke, and nothing of what stands `beside` it.

    The first `compared` that show it are looked at.
    """
    seeds = list(islice((seed for seed in range(schedules) if by(campaign(setting, [seed], change))), compared))
    patch.undo()
    return any(not by(campaign(setting, [seed], beside)) for seed in seeds)


def test_sending_again_without_a_look_is_noticed(monkeypatch: Patch) -> None:
    def again(marker: object, attempt: Attempt, error: Exception, site: Site) -> StartedRun:
        run = site.api.start_job(_job_config(marker))
        return StartedRun(job_id=run.job_id, marker=marker)  # type: ignore[arg-type]

    monkeypatch.setattr(start, "_found_again", again)
    assert is_noticed(ONE, monkeypatch, by=doubled)


def _job_config(marker: object) -> object:
    job = next(one for one in declared(2).desired if one.key == marker.key)  # type: ignore[attr-defined]
    return job_config(job, marker)  # type: ignore[arg-type]


def test_a_start_without_a_marker_is_noticed(monkeypatch: Patch) -> None:
    monkeypatch.setattr(markers.Markers, "read", lambda self, jobs: [None for _ in jobs])
    assert is_noticed(ONE, monkeypatch, by=doubled)


class Forgetful(Journal):
    """A journal that writes no intent down."""

    def intend(self, attempt: Attempt) -> None:
        """Nothing is kept."""


LATE = replace(ONE, faults=replace(NETWORK, late=0.5), crash=0.9)


def test_an_intent_that_is_not_written_down_is_noticed(monkeypatch: Patch) -> None:
    forget = lambda site: structs.replace(site, journal=Forgetful(site.journal._store, "ours", "model"))  # noqa: E731
    assert is_noticed(LATE, monkeypatch, forget, by=doubled, schedules=1000)


def test_giving_an_intent_up_at_once_is_noticed(monkeypatch: Patch) -> None:
    monkeypatch.setattr(recover, "_is_dead", lambda *_, **__: True)
    assert is_noticed(LATE, monkeypatch, by=doubled, schedules=1000)


SLEEPY = Setting(writers=3, suspend=0.9, suspended_within=3.0, within=400.0, lease=True)


def careless(site: Site) -> Site:
    """Without the check that the last look is fresh, so that what the lease is worth shows."""
    return structs.replace(site, timing=structs.replace(site.timing, fresh=1e9), may_act=lambda _: site.may_act(0.0))


def unfenced(site: Site) -> Site:
    return structs.replace(careless(site), may_act=always)


def test_a_lease_without_its_fence_is_noticed(monkeypatch: Patch) -> None:
    assert is_noticed(SLEEPY, monkeypatch, unfenced, by=doubled, beside=careless, schedules=1000)


def test_a_start_on_an_old_look_is_noticed(monkeypatch: Patch) -> None:
    stale = lambda site: structs.replace(site, timing=structs.replace(site.timing, fresh=1e9))  # noqa: E731
    assert is_noticed(replace(SLEEPY, lease=False), monkeypatch, stale, by=doubled)


def test_counting_attempts_for_each_digest_anew_is_noticed(monkeypatch: Patch) -> None:
    def by_digest(change: Change) -> int:
        before = change.before
        same = isinstance(before, Run | PastRun) and before.digest == change.digest
        return before.attempt + 1 if same and isinstance(before, Run | PastRun) else 1

    monkeypatch.setattr(start, "next_attempt", by_digest)
    assert is_noticed(CHANGING, monkeypatch, by=troubled)


def test_not_noting_that_a_run_is_replaced_is_noticed(monkeypatch: Patch) -> None:
    monkeypatch.setattr(Journal, "replacing", lambda self, run, now: None)
    failing = HARSHER["jobs that mostly fail, and a writer that always crashes"]
    assert is_noticed(failing, monkeypatch, by=troubled, schedules=600)


def test_a_stale_reader_is_noticed(monkeypatch: Patch) -> None:
    monkeypatch.setattr(planner, "written_again", lambda *_: "")
    assert is_noticed(AGAIN, monkeypatch, by=told("is stale"), schedules=50)


def test_not_planning_ahead_is_noticed(monkeypatch: Patch) -> None:
    monkeypatch.setattr(lineage, "_ABOUT_TO_RUN", ())
    assert is_noticed(AGAIN, monkeypatch, by=told("not empty"), schedules=50)


def test_a_reader_that_notes_nothing_runs_for_nothing_where_stamps_are_moved(monkeypatch: Patch) -> None:
    monkeypatch.setattr(progress.Progress, "reads", lambda self, change: {})
    moved = HARSHER["ends that are stamped later than they were"]
    assert is_noticed(moved, monkeypatch, schedules=50)


def test_without_notes_the_times_decide_where_they_are_true(monkeypatch: Patch) -> None:
    monkeypatch.setattr(progress.Progress, "reads", lambda self, change: {})
    true = replace(AGAIN, faults=replace(NETWORK, server_skew=0.0))
    assert not noticed(campaign(true, range(at_depth(50, in_breadth=15))))


PARTS = CAMPAIGNS["one writer, maps of which parts fail"]
PARTS_READ = CAMPAIGNS["one writer, maps that read what is written again"]


def test_taking_the_tasks_of_a_part_for_those_of_the_job_is_noticed(monkeypatch: Patch) -> None:
    honest = done.results_of
    for module in (done, gathering):
        whole = lambda api, job_id, meant, asks: honest(api, job_id, Stretches.all(len(meant)), asks)  # noqa: E731
        monkeypatch.setattr(module, "results_of", whole)
    assert is_noticed(PARTS, monkeypatch, by=told("have no result"), schedules=100)


def test_putting_results_of_other_specs_together_is_noticed(monkeypatch: Patch) -> None:
    honest = again.again
    blind = lambda job, before, reads, whole=False: honest(  # noqa: E731
        job, structs.replace(before, digest=job.digest), reads, whole=whole
    )
    monkeypatch.setattr(planner, "again", blind)
    monkeypatch.setattr(unfinished, "_matters", lambda run, job: not run.status.in_flight)
    assert is_noticed(PARTS, monkeypatch, by=told("other specs"), schedules=100)


def test_putting_results_of_other_readings_together_is_noticed(monkeypatch: Patch) -> None:
    honest = again.again
    blind = lambda job, before, reads, whole=False: honest(  # noqa: E731
        job, before, {name: read.job_id for name, read in before.reads.items()}, whole=whole
    )
    monkeypatch.setattr(planner, "again", blind)
    monkeypatch.setattr(act, "_refuse_other_reads", lambda change, before: None)
    assert is_noticed(PARTS_READ, monkeypatch, by=told("read something else"), schedules=200)


def test_believing_that_a_run_made_what_it_was_started_for_is_noticed(monkeypatch: Patch) -> None:
    monkeypatch.setattr(done, "_is_good", lambda result: True)
    for module in (done, gathering):
        everything = lambda api, job_id, meant, asks: Stretches(meant.pairs[:1])  # noqa: E731
        monkeypatch.setattr(module, "results_of", everything)
    assert is_noticed(PARTS, monkeypatch, by=told("have no result"), schedules=100)


def test_running_what_has_a_result_again_is_noticed(monkeypatch: Patch) -> None:
    monkeypatch.setattr(planner, "again", lambda *_, **__: again.Again())
    assert is_noticed(PARTS, monkeypatch, by=told("which"), schedules=100)


def test_taking_a_run_for_lost_whose_record_is_only_late_is_noticed(monkeypatch: Patch) -> None:
    monkeypatch.setattr(status, "LOST_AFTER", 60.0)
    vanishing = CAMPAIGNS["one writer, machines that vanish"]
    assert is_noticed(vanishing, monkeypatch, by=told("taken for lost"), schedules=50)


def test_believing_the_listing_is_noticed(monkeypatch: Patch) -> None:
    for module in (refresh, catch_up):
        monkeypatch.setattr(module, "confirmed", lambda api, run: run)
    assert is_noticed(HARSHER["listings a minute ahead of the runs' own records"], monkeypatch, by=troubled)


def test_taking_a_config_that_is_on_its_way_for_a_foreign_one_is_noticed(monkeypatch: Patch) -> None:
    monkeypatch.setattr(markers, "_STORED_WITHIN", timedelta(0))
    assert is_noticed(HARSHER["configs that come late, and answers that get lost"], monkeypatch, by=doubled)


def test_reading_the_newest_page_alone_is_noticed(monkeypatch: Patch) -> None:
    monkeypatch.setattr(listing._Reading, "is_whole", lambda self: self._take(self._first_page()) or True)
    assert is_noticed(ONE, monkeypatch)


def test_leaving_runs_unarchived_that_nobody_saw_end_is_noticed(monkeypatch: Patch) -> None:
    monkeypatch.setattr(schedule, "catch_up", lambda missed, site: 0)
    assert is_noticed(CHANGING, monkeypatch, by=troubled)


def test_each_keeping_its_own_run_is_noticed(monkeypatch: Patch) -> None:
    monkeypatch.setattr(rivals, "winner", lambda runs: runs[-1])
    assert is_noticed(RACE, monkeypatch, by=troubled, schedules=1000)


AT_ONCE = replace(RACE, within=2.0, faults=Faults(listing_lag=10.0))


def test_ending_nobodys_run_is_noticed(monkeypatch: Patch) -> None:
    monkeypatch.setattr(rivals.Rivals, "decide", lambda self, flights, others: [])
    monkeypatch.setattr(refresh, "settled", lambda runs: (list(runs), []))
    broken = _finished_twice(AT_ONCE)
    monkeypatch.undo()
    # Runs of a few seconds end before a list that lags by ten shows that there are two.
    assert broken > 2 * _finished_twice(AT_ONCE)


def _finished_twice(setting: Setting) -> float:
    """The share of schedules that let two runs of one attempt come to their end."""
    count, schedules = 0, at_depth(100, in_breadth=50)
    for seed in range(schedules):
        one = Schedule(seed, setting)
        one.run()
        done = [job for job in one.service.jobs if job.marker.get("scope") == "ours" and job.cancelled is None]
        count += len(done) > 1
    return count / schedules


def test_taking_an_unreadable_history_for_an_empty_one_is_noticed(monkeypatch: Patch) -> None:
    honest = search.read_down

    def blind(api: Any, begin: Callable[[], Any], workers: Any) -> Any:
        try:
            return honest(api, begin, workers)
        except Exception:  # noqa: BLE001  # this is the mistake
            return begin()

    monkeypatch.setattr(search, "read_down", blind)
    monkeypatch.setattr(start, "_rival", lambda look, marker: None)
    forgetful = replace(ONE, shared_journal=False, crash=0.9, faults=replace(NETWORK, unreadable=0.3))
    # Whoever loses the archive as well starts twice even so, once in 300 schedules.
    assert is_noticed(forgetful, monkeypatch, by=doubled, schedules=500, compared=2)


def test_a_receipt_that_is_believed_anywhere_is_noticed(monkeypatch: Patch) -> None:
    monkeypatch.setattr(Receipts, "is_here", lambda self, receipt: True)
    assert is_noticed(PLACES, monkeypatch, by=troubled, schedules=50)


def test_one_scope_for_every_environment_is_noticed(monkeypatch: Patch) -> None:
    honest = Environments.__init__

    def unscoped(self: Environments, *arguments: object) -> None:
        honest(self, *arguments)  # type: ignore[arg-type]
        for part in self.parts:
            part.scope = "ours"

    monkeypatch.setattr(Environments, "__init__", unscoped)
    assert is_noticed(PLACES, monkeypatch, by=doubled, schedules=50)
