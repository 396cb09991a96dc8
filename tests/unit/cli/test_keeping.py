"""What is kept between applies is kept by project, environment and service, and one apply at a time holds it."""

import io
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import pytest
from filelock import FileLock
from msgspec.structs import replace

from fused_spec.cli.applying.lock import only_apply
from fused_spec.cli.targets.memory import Memory, open_kept, open_markers, open_spools
from fused_spec.configuration.service_identity import ServiceIdentity
from fused_spec.configuration.settings import Target
from fused_spec.errors import Locked
from fused_spec.reconcile.journal.intents import Attempt
from fused_spec.reconcile.store.lease import Holder, Lease
from fused_spec.spec.model import Key, Kind, Project

URL = "https://fused.example/server/v1"
HOSTED = Target(name="lab", base_url=URL)
LOCAL = Target(name="local")
BY_URL = ServiceIdentity(url=URL)
EMBEDDED = ServiceIdentity(url="http://127.0.0.1:4444/server/v1", id="a" * 32)
KEY = Key(kind=Kind.JOB, name="areas")
NOW = datetime(2031, 5, 1, tzinfo=UTC)


class Time:
    """A clock that goes on while somebody sleeps; `wakes` is done after the first pause."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.wakes: list[object] = []

    def clock(self) -> float:
        return self.seconds

    def sleep(self, seconds: float) -> None:
        self.seconds += seconds
        while self.wakes:
            self.wakes.pop()()  # type: ignore[operator]


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(name="p", scope="project-1", root=tmp_path, state=tmp_path / "state")


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def lock(kept: Memory, time: Time | None = None, **options: object) -> object:
    time = time or Time()
    return only_apply(kept, {}, now=lambda: NOW, clock=time.clock, sleep=time.sleep, **options)  # type: ignore[arg-type]


def shared(project: Project) -> Project:
    return replace(project, archive="kept")


@pytest.mark.parametrize("place", [None, "kept"])
@pytest.mark.parametrize(
    ("target", "service", "excludes"),
    [
        (HOSTED, BY_URL, True),
        (replace(HOSTED, base_url=URL + "/"), ServiceIdentity(url=URL + "/"), True),
        (Target(name=URL, base_url=URL), BY_URL, True),
        (replace(HOSTED, scope="dev"), BY_URL, False),
        (LOCAL, EMBEDDED, False),
    ],
)
def test_applies_exclude_each_other_where_they_would_meet(
    project: Project, stack: ExitStack, place: str | None, target: Target, service: ServiceIdentity, excludes: bool
) -> None:
    project = replace(project, archive=place)
    stack.enter_context(lock(open_kept(project, HOSTED, BY_URL)))
    other = lock(open_kept(project, target, service))
    if excludes:
        with pytest.raises(Locked, match="another apply is at work"):
            stack.enter_context(other)
    else:
        stack.enter_context(other)


def test_local_services_of_two_machines_do_not_exclude_each_other_in_a_shared_archive(
    project: Project, stack: ExitStack, tmp_path: Path
) -> None:
    stack.enter_context(lock(open_kept(shared(project), LOCAL, EMBEDDED)))
    clone = replace(shared(project), state=tmp_path / "other" / "state")
    stack.enter_context(lock(open_kept(clone, LOCAL, replace(EMBEDDED, id="b" * 32))))


def test_an_apply_of_an_earlier_version_on_this_machine_excludes_ours(project: Project, stack: ExitStack) -> None:
    (project.state / "locks").mkdir(parents=True)
    stack.enter_context(FileLock(project.state / "locks" / "local.lock"))
    with pytest.raises(Locked):
        stack.enter_context(lock(open_kept(project, LOCAL, EMBEDDED)))


def test_an_apply_of_an_earlier_version_on_another_machine_excludes_ours(project: Project, stack: ExitStack) -> None:
    kept = open_kept(shared(project), HOSTED, BY_URL)
    holder = Holder(host="runner-9", pid=9)
    Lease(kept.store, "project-1/lock/lab", holder, clock=lambda: 0.0, now=lambda: NOW).acquire()
    with pytest.raises(Locked, match="process 9 on runner-9"):
        stack.enter_context(lock(kept))


def test_and_the_other_way_round(project: Project, stack: ExitStack) -> None:
    kept = open_kept(shared(project), HOSTED, BY_URL)
    stack.enter_context(lock(kept))
    holder = Holder(host="runner-9", pid=9)
    with pytest.raises(Locked):
        Lease(kept.store, "project-1/lock/lab", holder, clock=lambda: 0.0, now=lambda: NOW).acquire()


def test_without_a_lock_timeout_an_apply_gives_up_at_once(project: Project, stack: ExitStack) -> None:
    time, kept = Time(), open_kept(project, LOCAL, EMBEDDED)
    stack.enter_context(lock(kept))
    with pytest.raises(Locked):
        stack.enter_context(lock(kept, time))
    assert time.seconds == 0.0


def test_with_one_it_waits_so_long_says_for_whom_and_names_the_holder_at_last(
    project: Project, stack: ExitStack
) -> None:
    time, kept, said = Time(), open_kept(project, LOCAL, EMBEDDED), io.StringIO()
    stack.enter_context(lock(kept))
    with pytest.raises(Locked, match=r"process \d+ on"):
        stack.enter_context(lock(kept, time, timeout=90.0, tell=lambda text: said.write(f"{text}\n")))
    assert time.seconds == pytest.approx(90.0)
    assert said.getvalue().count("Waiting for the lock: another apply is at work here: process") == 1


@pytest.mark.parametrize("place", [None, "kept"])
def test_it_goes_on_once_the_other_one_has_ended(project: Project, stack: ExitStack, place: str | None) -> None:
    time, kept = Time(), open_kept(replace(project, archive=place), HOSTED, BY_URL)
    other = ExitStack()
    other.enter_context(lock(kept))
    time.wakes.append(other.close)
    may_act = stack.enter_context(lock(kept, time, timeout=90.0))
    assert may_act(0.0)
    assert time.seconds < 1.0


def test_a_part_of_the_locks_is_given_back_while_waiting_for_the_rest(project: Project, stack: ExitStack) -> None:
    kept = open_kept(shared(project), HOSTED, BY_URL)
    holder = Holder(host="runner-9", pid=9)
    Lease(kept.store, "project-1/lock/lab", holder, clock=lambda: 0.0, now=lambda: NOW).acquire()
    with pytest.raises(Locked):
        stack.enter_context(lock(kept))
    with FileLock(project.state / "locks" / f"{kept.locks[0]}.lock", timeout=0):
        pass
    stack.enter_context(lock(replace(kept, leases=kept.leases[:1])))


def test_each_environment_has_a_journal_of_its_own(project: Project) -> None:
    attempt = Attempt(key=KEY, digest="d1:0", number=1, nonce="a1", sent=NOW)
    dev, prod = replace(HOSTED, scope="dev"), replace(HOSTED, scope="prod")
    open_kept(project, dev, BY_URL).journal.intend(attempt)
    for target, service, found in ((dev, BY_URL, 1), (prod, BY_URL, 0), (HOSTED, BY_URL, 0), (dev, EMBEDDED, 0)):
        assert len(open_kept(project, target, service).journal.open_intents()) == found


@pytest.mark.parametrize(
    ("target", "service", "archive", "open_there"),
    [
        (HOSTED, BY_URL, None, 1),
        (HOSTED, BY_URL, "state/archive", 1),
        (replace(HOSTED, scope="dev"), BY_URL, None, 0),
        (LOCAL, EMBEDDED, None, 1),
        (LOCAL, EMBEDDED, "state/archive", 0),
    ],
)
def test_what_an_earlier_version_left_open_is_settled_where_it_can_only_have_been(
    project: Project, target: Target, service: ServiceIdentity, archive: str | None, open_there: int
) -> None:
    attempt = Attempt(key=KEY, digest="d1:0", number=1, nonce="a1", sent=NOW)
    store = open_kept(project, HOSTED, BY_URL).store
    store.write(f"project-1/attempts/{target.name}/Job/areas/000000000000001-a1.intent", attempt.to_json())
    kept = open_kept(replace(project, archive=archive), target, service)
    assert len(kept.journal.open_intents()) == open_there


def test_markers_that_an_earlier_version_remembered_are_remembered(project: Project) -> None:
    cache = project.state / "cache"
    cache.mkdir(parents=True)
    marker = '{"v": 1, "scope": "s", "kind": "Job", "name": "areas", "digest": "d1:0", "attempt": 1, "nonce": "n"}'
    (cache / "markers-lab.jsonl").write_text(f'{{"id": "7e57", "marker": {marker}}}\n', encoding="utf-8")
    markers = open_markers(None, project, HOSTED, BY_URL)  # type: ignore[arg-type]
    assert markers._known["7e57"].key == KEY  # type: ignore[union-attr]


def test_a_log_that_an_earlier_version_began_to_read_is_read_on(project: Project) -> None:
    begun = project.state / "logs" / "7e57"
    begun.mkdir(parents=True)
    (begun / "lines.jsonl").write_bytes(b"")
    spools = open_spools(project, BY_URL, ())
    assert spools.open("7e57", {})._folder == begun
    assert spools.open("7e58", {})._folder == project.state / "logs" / BY_URL.folder / "7e58"
