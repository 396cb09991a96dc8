"""One listing answers every question about names, and knows what was written since."""

from pathlib import Path

import pytest

from fused_spec.reconcile.store.local import LocalStore
from fused_spec.reconcile.store.remote_listing import beginnings, md5_of
from fused_spec.reconcile.store.snapshot import Snapshot


@pytest.fixture
def store(tmp_path: Path) -> LocalStore:
    return LocalStore(tmp_path)


@pytest.fixture
def snapshot(store: LocalStore) -> Snapshot:
    store.write("ours/a/1", b"1")
    store.write("ours/ab/2", b"2")
    store.write("other/3", b"3")
    return Snapshot(store, "ours")


def test_the_names_in_a_folder_are_those_of_no_other(snapshot: Snapshot) -> None:
    assert snapshot.names("ours/a") == ["ours/a/1"]
    assert snapshot.names("ours") == ["ours/a/1", "ours/ab/2"]
    assert snapshot.names("ours/none") == []


def test_what_others_write_is_known_once_it_is_renewed(snapshot: Snapshot, store: LocalStore) -> None:
    assert snapshot.names("ours/a") == ["ours/a/1"]
    store.write("ours/a/4", b"")
    assert snapshot.names("ours/a") == ["ours/a/1"]
    snapshot.renew()
    assert snapshot.names("ours/a") == ["ours/a/1", "ours/a/4"]


def test_what_it_writes_makes_and_removes_itself_is_known_at_once(snapshot: Snapshot) -> None:
    assert snapshot.names("ours/a") == ["ours/a/1"]
    snapshot.write("ours/a/0", b"")
    assert snapshot.create("ours/a/2", b"")
    assert not snapshot.create("ours/a/1", b"")
    snapshot.remove("ours/a/1")
    snapshot.remove("ours/a/gone")
    assert snapshot.names("ours/a") == ["ours/a/0", "ours/a/2"]


def test_what_it_publishes_is_known_at_once(snapshot: Snapshot) -> None:
    assert snapshot.names("ours/b") == []
    with snapshot.staging() as draft:
        (draft / "receipt").write_bytes(b"{}")
        snapshot.publish(draft, "ours/b", "receipt")
    assert snapshot.names("ours/b") == ["ours/b/receipt"]


def test_what_is_elsewhere_is_asked_of_the_store_each_time(snapshot: Snapshot, store: LocalStore) -> None:
    assert snapshot.names("other") == ["other/3"]
    store.remove("other/3")
    assert snapshot.names("other") == []


@pytest.mark.parametrize("most", [1, 2, 3, 7, 100])
def test_every_name_has_exactly_one_beginning(most: int) -> None:
    names = [f"job-{number}/" for number in range(120)] + ["other/", "job/"]
    found = beginnings(names, most)
    assert all(sum(name.startswith(one) for one in found) == 1 for name in names)


def test_names_are_taken_apart_into_about_as_many_parts_as_may_be_asked_for_at_once() -> None:
    assert 16 <= len(beginnings([f"job-{number:04}/" for number in range(400)], 16)) <= 32


def test_the_md5_of_a_file_is_told_by_either_kind_of_bucket() -> None:
    digest = "d41d8cd98f00b204e9800998ecf8427e"
    assert md5_of({"ETag": f'"{digest}"'}) == digest
    assert md5_of({"md5Hash": "1B2M2Y8AsgTpgAmY7PhCfg=="}) == digest


@pytest.mark.parametrize(
    "info", [{}, {"ETag": '"d41d8cd98f00b204e9800998ecf8427e-3"'}, {"md5Hash": "é?"}, {"ETag": None}]
)
def test_a_tag_that_is_no_md5_says_nothing(info: dict[str, str]) -> None:
    assert md5_of(info) is None
