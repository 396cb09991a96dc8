"""An archive that fails half-way through an apply: its exit code, what is told, and that nothing runs twice."""

import errno
import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import requests
from msgspec.structs import replace

from fused_spec.errors import ArchiveError
from fused_spec.jobs.status import RunStatus
from fused_spec.plan.model import Plan, Run
from fused_spec.reconcile.applying.apply import apply
from fused_spec.reconcile.applying.catch_up import catch_up
from fused_spec.reconcile.applying.events import Finished, NotArchived
from fused_spec.reconcile.applying.options import Options
from fused_spec.reconcile.applying.outcome import Outcome, OutcomeStatus, exit_code
from fused_spec.reconcile.store.local import LocalStore
from fused_spec.reconcile.store.trouble import TellingStore
from fused_spec.service.app import create_app
from fused_spec.spec.model import Key, Kind
from tests.asgi import AsgiAdapter
from tests.contract.world import FAILING, FAST, SLOW, TOKEN, UDF, World, job

Call = tuple[str, str]
"""What is done with a path of the archive."""


class Failing(LocalStore):
    """A folder in which some calls fail."""

    def __init__(self, root: Path, fails: Callable[[Call], bool]) -> None:
        super().__init__(root)
        self._fails = fails

    def _check(self, what: str, path: str) -> None:
        if self._fails((what, path)):
            raise OSError(errno.EIO, os.strerror(errno.EIO))

    def read(self, path: str) -> bytes | None:
        self._check("read", path)
        return super().read(path)

    def write(self, path: str, content: bytes) -> None:
        self._check("write", path)
        super().write(path, content)

    def remove(self, path: str) -> None:
        self._check("remove", path)
        super().remove(path)

    def publish(self, staged: Path, folder: str, last: str) -> None:
        self._check("publish", folder)
        super().publish(staged, folder, last)


class Troubled(World):
    """A world whose archive can be made to fail."""

    fails: Callable[[Call], bool] = staticmethod(lambda call: False)

    @property
    def store(self) -> Any:
        return TellingStore(Failing(self.folder / "archive", lambda call: self.fails(call)), "s3://kept/x")

    @property
    def starts(self) -> int:
        return self.service.seen.count("POST /server/v1/run")

    def apply_in_trouble(self, fails: Callable[[Call], bool], options: Options = FAST) -> dict[str, Outcome]:
        self.fails = fails
        try:
            return self.apply(options)
        finally:
            self.fails = lambda call: False


@pytest.fixture
def world(tmp_path: Path) -> Iterator[Troubled]:
    with AsgiAdapter(create_app(tmp_path / "state", TOKEN)) as service:
        yield Troubled(tmp_path / "project", service)


def noting(call: Call) -> bool:
    return call[1].endswith(".started")


def withdrawing(call: Call) -> bool:
    return call[0] == "remove" and call[1].endswith(".intent")


def intending(call: Call) -> bool:
    return call[0] == "write" and call[1].endswith(".intent")


def archiving(call: Call) -> bool:
    return "/runs/" in call[1]


@pytest.mark.parametrize("fails", [noting, withdrawing])
def test_a_start_that_cannot_be_noted_is_open_and_its_run_is_named(
    world: Troubled, fails: Callable[[Call], bool]
) -> None:
    world.write("specs/a.yaml", job())
    outcome = world.apply_in_trouble(fails)["Job/areas"]
    [run] = world.job_ids()
    assert (outcome.status, outcome.job_id, exit_code([outcome])) == (OutcomeStatus.UNKNOWN, run, 9)
    assert f"was started as {run}" in str(outcome.error)
    assert "the archive s3://kept/x cannot be written" in str(outcome.error)


@pytest.mark.parametrize("fails", [noting, withdrawing])
def test_the_next_apply_attaches_to_a_start_that_could_not_be_noted(
    world: Troubled, fails: Callable[[Call], bool]
) -> None:
    world.write("specs/a.yaml", job())
    open_start = world.apply_in_trouble(fails)["Job/areas"]
    settled = world.apply()["Job/areas"]
    assert (settled.job_id, world.starts, exit_code([settled])) == (open_start.job_id, 1, 0)
    assert world.site().journal.open_intents() == []


def test_a_start_that_cannot_be_intended_is_not_sent(world: Troubled) -> None:
    world.write("specs/a.yaml", job())
    outcome = world.apply_in_trouble(intending)["Job/areas"]
    assert (outcome.status, world.starts, exit_code([outcome])) == (OutcomeStatus.FAILED, 0, 8)
    assert world.apply()["Job/areas"].status is OutcomeStatus.SUCCEEDED
    assert world.starts == 1


def test_a_run_that_cannot_be_archived_succeeds_and_its_trouble_is_the_exit_code(world: Troubled) -> None:
    world.write("specs/a.yaml", job())
    outcome = world.apply_in_trouble(archiving)["Job/areas"]
    assert (outcome.status, outcome.archive, exit_code([outcome])) == (OutcomeStatus.SUCCEEDED, None, 8)
    assert str(outcome.error).startswith("not archived: the archive s3://kept/x cannot be")


def test_a_run_that_could_not_be_archived_is_archived_by_the_next_apply(world: Troubled) -> None:
    world.write("specs/a.yaml", job())
    run = world.apply_in_trouble(archiving)["Job/areas"].job_id
    again = world.apply()["Job/areas"]
    assert (again.status, again.job_id, world.starts) == (OutcomeStatus.UNCHANGED, run, 1)
    assert [one.job_id for one in world.archive.receipts()] == [run]


def test_a_failed_run_that_cannot_be_archived_is_tried_again_all_the_same(world: Troubled) -> None:
    world.write("specs/area.py", FAILING)
    world.write("specs/a.yaml", job(more="  run: {on_failure: retry, retries: 1}\n"))
    outcome = world.apply_in_trouble(archiving)["Job/areas"]
    assert (outcome.status, world.starts, exit_code([outcome])) == (OutcomeStatus.FAILED, 2, 8)


def test_every_run_that_could_not_be_archived_is_archived_later_newer_ones_of_its_job_or_not(world: Troubled) -> None:
    world.write("specs/area.py", FAILING)
    world.write("specs/a.yaml", job(more="  run: {on_failure: retry, retries: 1}\n"))
    world.apply_in_trouble(archiving)
    noted = {attempt.job_id for attempt in world.site().journal.to_archive()}
    world.apply()
    kept = {one.job_id for one in world.archive.receipts()}
    assert (noted, kept, world.site().journal.to_archive()) == ({*world.job_ids()}, {*world.job_ids()}, [])


def test_a_note_of_a_run_that_the_service_forgot_goes(world: Troubled) -> None:
    key = Key(kind=Kind.JOB, name="areas")
    journal = world.site().journal
    journal.not_archived(
        Run(job_id="7e57", key=key, digest="d1:0", status=RunStatus.FAILED, created=datetime.now(UTC), nonce="a1")
    )
    catch_up((), world.site())
    assert journal.to_archive() == []


def test_that_a_replaced_run_could_not_be_archived_is_told(world: Troubled) -> None:
    world.write("specs/area.py", SLOW)
    world.write("specs/a.yaml", job())
    world.apply(replace(FAST, wait=False))
    [first] = world.job_ids()
    world.write("specs/area.py", UDF)
    world.apply_in_trouble(archiving)
    [told] = [event for event in world.events if isinstance(event, NotArchived)]
    assert (told.job_id, "not archived: the archive s3://kept/x" in told.why) == (first, True)


def test_what_needs_a_start_that_is_open_is_not_started(world: Troubled) -> None:
    world.write("specs/a.yaml", job() + job("next", more="  run: {when: on-change}\n  needs: [areas]\n"))
    outcomes = world.apply_in_trouble(noting)
    assert (outcomes["Job/next"].status, world.starts) == (OutcomeStatus.SKIPPED, 1)


def test_a_lock_that_cannot_be_looked_at_sends_nothing(world: Troubled) -> None:
    def unreadable(seconds: float) -> bool:
        raise ArchiveError("the archive s3://kept/x cannot be read: cut")

    world.write("specs/a.yaml", job())
    plan: Plan = world.plan()
    site = replace(world.site(plan.seen), may_act=unreadable)
    outcomes = [event.outcome for event in apply(plan, site, options=FAST) if isinstance(event, Finished)]
    assert ([one.status for one in outcomes], world.starts, exit_code(outcomes)) == ([OutcomeStatus.FAILED], 0, 8)


def test_a_cache_that_cannot_be_used_changes_nothing(world: Troubled) -> None:
    world.write("specs/a.yaml", job())
    (world.folder / "cache").mkdir()
    world.service.fail(requests.ReadTimeout(), method="POST", path="/run", reached=True)
    assert world.apply()["Job/areas"].status is OutcomeStatus.SUCCEEDED
    assert world.starts == 1


def test_a_plan_whose_archive_cannot_be_read_is_none(world: Troubled) -> None:
    world.write("specs/a.yaml", job())
    world.apply()
    world.fails = lambda call: call[0] == "read"
    with pytest.raises(ArchiveError, match="s3://kept/x"):
        world.plan()
