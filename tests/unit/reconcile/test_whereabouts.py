"""Why a job never ran where it is planned, though runs of it are known."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from fused_spec.configuration.service_identity import ServiceIdentity
from fused_spec.configuration.settings import Target
from fused_spec.jobs.status import RunStatus
from fused_spec.messages.diagnostics import Location
from fused_spec.plan.model import History, Run, Trace
from fused_spec.reconcile.archive.folders import Archive
from fused_spec.reconcile.archive.record import RunRecord
from fused_spec.reconcile.archive.spool import WholeLog
from fused_spec.reconcile.journal.intents import Attempt, Journal
from fused_spec.reconcile.reviewing.whereabouts import Whereabouts, oddities, with_unreadable
from fused_spec.reconcile.store.local import LocalStore
from fused_spec.spec.model import DesiredJob, Key, Kind, Project, Resolution

NOW = datetime(2031, 5, 1, 12, tzinfo=UTC)
LOCAL = "http://127.0.0.1:4444/server/v1"
SERVER = "https://fused.example/server/v1"
LAB = "http://127.0.0.1:8000/server/v1"
NAMES = ("areas", "roads", "tiles", "zones", "lakes")
NOTHING = History(read_at=NOW)


def key(name: str) -> Key:
    return Key(kind=Kind.JOB, name=name)


def resolution(folder: Path) -> Resolution:
    jobs = tuple(DesiredJob(key=key(name), payload={}, digest="d1:0", origin=Location(path="a")) for name in NAMES)
    targets = {"lab": Target(name="lab", base_url=LAB)}
    return Resolution(project=Project(name="p", scope="s", root=folder, state=folder, targets=targets), desired=jobs)


def record(name: str, url: str) -> RunRecord:
    return RunRecord(
        key=key(name),
        digest="d1:0",
        job_id=f"run-of-{name}",
        attempt=1,
        tries=1,
        status=RunStatus.SUCCEEDED,
        created=NOW - timedelta(minutes=NAMES.index(name)),
        ended=NOW,
        base_url=url,
        spec={},
        statuses=[],
    )


def kept(folder: Path, *names: str, url: str, service: str = "a" * 32) -> None:
    """Runs at a service, in the archive of this folder."""
    archive = Archive(LocalStore(folder), "s", ServiceIdentity(url=url, id=service))
    for name in names:
        archive.write(record(name, url), WholeLog(lines=[]), now=NOW)


def said(folder: Path, history: History, service: ServiceIdentity, *, is_local: bool) -> list[str]:
    store = LocalStore(folder)
    at = Whereabouts(
        service=service,
        is_local=is_local,
        archive=Archive(store, "s", service),
        journal=Journal(store, "s", service.folder),
        place="kept",
    )
    return list(oddities(history, resolution(folder), at))


@pytest.mark.parametrize(
    ("scopes", "environment", "is_said"),
    [
        (("dev", "prod"), None, True),
        (("dev",), None, True),
        (("dev", "prod"), "dev", False),
        (("dev", None), None, False),
        ((), None, False),
    ],
)
def test_a_service_that_was_named_by_its_url_alone_is_none_of_the_environments_there(
    tmp_path: Path, scopes: tuple[str | None, ...], environment: str | None, is_said: bool
) -> None:
    targets = {f"t{n}": Target(name=f"t{n}", base_url=SERVER + "/", scope=scope) for n, scope in enumerate(scopes)}
    made = resolution(tmp_path)
    project = replace(made.project, targets={**made.project.targets, **targets}, environment=environment)
    service = ServiceIdentity(url=SERVER)
    store = LocalStore(tmp_path)
    at = Whereabouts(
        service=service,
        is_local=False,
        archive=Archive(store, "s", service),
        journal=Journal(store, "s", service.folder),
        place="kept",
    )
    sentences = list(oddities(NOTHING, replace(made, project=project), at))
    assert any("no environment of the project" in sentence for sentence in sentences) is is_said


HERE = ServiceIdentity(url=LOCAL, id="b" * 32)


def test_runs_at_a_local_service_that_is_gone_are_named_with_where_the_newest_was(tmp_path: Path) -> None:
    kept(tmp_path, "roads", "areas", url=LOCAL)
    [sentence] = said(tmp_path, NOTHING, HERE, is_local=True)
    assert sentence.startswith("Job/areas, Job/roads never ran at this service; the archive keeps runs at http")
    assert f"{LOCAL} (service aaaaaaaa): the state of that service is gone" in sentence


def test_of_many_only_a_few_are_named(tmp_path: Path) -> None:
    kept(tmp_path, *NAMES, url=LOCAL)
    [sentence] = said(tmp_path, NOTHING, HERE, is_local=True)
    assert sentence.startswith("Job/areas, Job/lakes, Job/roads and 2 more never ran")


def test_another_service_at_the_same_address_is_told(tmp_path: Path) -> None:
    kept(tmp_path, "areas", url=SERVER)
    [sentence] = said(tmp_path, NOTHING, ServiceIdentity(url=f"{SERVER}/", id="c" * 32), is_local=False)
    assert "another service answers at that address now" in sentence


@pytest.mark.parametrize(
    ("ran_at", "service", "is_local"),
    [
        (LOCAL, ServiceIdentity(url=SERVER), False),
        (SERVER, HERE, True),
        (LAB, HERE, True),
        (LOCAL, ServiceIdentity(url=LAB, id="c" * 32), False),
    ],
)
def test_that_a_job_ran_at_another_target_is_nothing_odd(
    tmp_path: Path, ran_at: str, service: ServiceIdentity, is_local: bool
) -> None:
    kept(tmp_path, "areas", url=ran_at)
    assert said(tmp_path, NOTHING, service, is_local=is_local) == []


def history(*, ended: bool = True) -> History:
    status = RunStatus.SUCCEEDED if ended else RunStatus.RUNNING
    runs = {key(name): (Run(job_id=name, key=key(name), digest="d1:0", status=status, created=NOW),) for name in NAMES}
    return History(read_at=NOW, runs=runs)


def test_an_archive_that_has_nothing_of_what_the_local_service_ran_is_told(tmp_path: Path) -> None:
    [sentence] = said(tmp_path, history(), HERE, is_local=True)
    assert sentence.startswith("the archive kept has nothing of the 5 runs that the local service knows")


def test_it_is_not_where_something_of_them_was_noted(tmp_path: Path) -> None:
    journal = Journal(LocalStore(tmp_path), "s", HERE.folder)
    journal.started(Attempt(key=key("areas"), digest="d1:0", number=1, nonce="n", sent=NOW), "areas")
    assert said(tmp_path, history(), HERE, is_local=True) == []


def test_it_is_not_before_anything_has_ended(tmp_path: Path) -> None:
    assert said(tmp_path, history(ended=False), HERE, is_local=True) == []


def damage(folder: Path, name: str) -> None:
    (folder / f"s/runs/Job/{name}/run-of-{name}/receipt.json").write_text("{", encoding="utf-8")


def test_a_run_whose_receipt_says_nothing_is_asked_about(tmp_path: Path) -> None:
    kept(tmp_path, "areas", url=LOCAL, service=str(HERE.id))
    damage(tmp_path, "areas")
    found = with_unreadable(NOTHING, Archive(LocalStore(tmp_path), "s", HERE), resolution(tmp_path))
    assert found.traces == {key("areas"): Trace(job_id="run-of-areas", attempt=1)}
    [sentence] = said(tmp_path, found, HERE, is_local=True)
    assert "receipt.json cannot be read" in sentence


def test_it_is_not_where_the_history_knows_the_job(tmp_path: Path) -> None:
    kept(tmp_path, "areas", url=LOCAL, service=str(HERE.id))
    damage(tmp_path, "areas")
    found = with_unreadable(history(), Archive(LocalStore(tmp_path), "s", HERE), resolution(tmp_path))
    assert found.traces == {}
