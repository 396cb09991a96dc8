"""The lock of a shared archive: one holder, named; a dead one loses it, and one that wakes up acts no more."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from fused_spec.errors import FusedSpecError, Locked
from fused_spec.reconcile.store.lease import Holder, Lease, local_lock
from fused_spec.reconcile.store.local import LocalStore
from fused_spec.reconcile.store.store import Store

START = datetime(2031, 5, 8, tzinfo=UTC)
OURS = Holder(host="runner-1", pid=41, run_url="https://ci.example/7")
THEIRS = Holder(host="runner-2", pid=42)


class Time:
    """A clock that only moves when it is told to."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def lease(self, store: Store, holder: Holder) -> Lease:
        return Lease(
            store,
            "lock/hosted",
            holder,
            clock=lambda: self.seconds,
            now=lambda: START + timedelta(seconds=self.seconds),
            seconds=60.0,
        )


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return LocalStore(tmp_path)


def test_a_held_lease_is_refused_with_its_holder(store: Store, time: Time) -> None:
    time.lease(store, OURS).acquire()
    with pytest.raises(Locked, match=r"process 41 on runner-1 \(https://ci.example/7\)"):
        time.lease(store, THEIRS).acquire()


def test_a_lease_that_was_given_back_is_free(store: Store, time: Time) -> None:
    lease = time.lease(store, OURS)
    lease.acquire()
    lease.release()
    time.lease(store, THEIRS).acquire()


def test_a_lease_that_is_not_renewed_ends(store: Store, time: Time) -> None:
    time.lease(store, OURS).acquire()
    time.seconds = 60.0
    time.lease(store, THEIRS).acquire()


def test_a_renewed_lease_goes_on(store: Store, time: Time) -> None:
    ours = time.lease(store, OURS)
    ours.acquire()
    time.seconds = 40.0
    ours.renew()
    time.seconds = 90.0
    with pytest.raises(Locked):
        time.lease(store, THEIRS).acquire()


def test_a_holder_that_slept_through_its_lease_acts_no_more(store: Store, time: Time) -> None:
    ours = time.lease(store, OURS)
    ours.acquire()
    time.seconds = 61.0
    time.lease(store, THEIRS).acquire()
    ours.renew()
    assert not ours.holds(0.0)


def test_a_holder_that_slept_does_not_end_the_lease_of_another(store: Store, time: Time) -> None:
    ours, theirs = time.lease(store, OURS), time.lease(store, THEIRS)
    ours.acquire()
    time.seconds = 61.0
    theirs.acquire()
    ours.release()
    assert theirs.holds(0.0)


def test_a_lease_is_not_enough_for_what_takes_longer(store: Store, time: Time) -> None:
    ours = time.lease(store, OURS)
    ours.acquire()
    time.seconds = 50.0
    assert ours.holds(5.0)
    assert not ours.holds(15.0)


def test_a_store_in_which_things_can_be_created_twice_keeps_no_lock(tmp_path: Path, time: Time) -> None:
    class Careless(LocalStore):
        def create(self, path: str, content: bytes) -> bool:
            self.write(path, content)
            return True

    with pytest.raises(FusedSpecError, match="cannot keep a lock"):
        time.lease(Careless(tmp_path), OURS).acquire()


def test_old_leases_leave_nothing_behind(store: Store, time: Time) -> None:
    for _ in range(5):
        lease = time.lease(store, OURS)
        lease.acquire()
        lease.release()
    assert len(store.names("lock")) == 1


def test_the_lock_of_a_machine_names_its_holder(tmp_path: Path) -> None:
    path = tmp_path / "locks/local.lock"
    with local_lock(path, OURS), pytest.raises(Locked, match="process 41 on runner-1"), local_lock(path, THEIRS):
        pass


def test_the_lock_of_a_machine_is_free_afterwards(tmp_path: Path) -> None:
    for holder in (OURS, THEIRS):
        with local_lock(tmp_path / "local.lock", holder):
            pass
