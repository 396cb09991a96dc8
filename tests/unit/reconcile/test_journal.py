"""What was meant to be started at a service, also where an earlier version wrote it down by the target's name."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from fused_spec.errors import Misconfigured
from fused_spec.jobs.parts import Part, Stretches
from fused_spec.reconcile.journal.intents import Attempt, Earlier, Journal
from fused_spec.reconcile.store.local import LocalStore
from fused_spec.spec.model import Key, Kind

NOW = datetime(2031, 5, 1, 12, tzinfo=UTC)
KEY = Key(kind=Kind.JOB, name="areas")


def attempt(nonce: str = "a1", number: int = 1, job_id: str | None = None) -> Attempt:
    sent = NOW + timedelta(seconds=number)
    return Attempt(key=KEY, digest="d1:0", number=number, nonce=nonce, sent=sent, job_id=job_id)


@pytest.fixture
def store(tmp_path: Path) -> LocalStore:
    return LocalStore(tmp_path)


def before(store: LocalStore, state: str, one: Attempt) -> str:
    """A file as an earlier version wrote it for the target `lab`."""
    assert one.sent is not None
    path = f"scope/attempts/lab/Job/areas/{int(one.sent.timestamp() * 1000):015d}-{one.nonce}.{state}"
    store.write(path, one.to_json())
    return path


def test_what_was_started_at_one_service_was_not_started_at_another(store: LocalStore) -> None:
    here, there = Journal(store, "scope", "here"), Journal(store, "scope", "there")
    here.started(attempt(), "7e57")
    assert (list(here.newest_started([KEY], ())), list(there.newest_started([KEY], ()))) == ([KEY], [])
    assert (here.notes().started, there.notes().started) == ({"a1"}, frozenset())


def test_an_attempt_knows_the_elements_that_it_is_for(store: LocalStore) -> None:
    journal, part = Journal(store, "scope", "here"), Part(of=300, elements=Stretches.of([7, 100]), after="the-first")
    journal.intend(replace(attempt(), part=part))
    assert [one.part for one in journal.open_intents()] == [part]


def test_an_intent_at_one_service_is_not_settled_at_another(store: LocalStore) -> None:
    Journal(store, "scope", "here").intend(attempt())
    assert Journal(store, "scope", "there").open_intents() == []


def test_an_open_intent_of_an_earlier_version_is_open(store: LocalStore) -> None:
    before(store, "intent", attempt())
    assert Journal(store, "scope", "here", earlier=Earlier(target="lab")).open_intents() == [attempt()]


def test_an_intent_that_an_earlier_version_saw_answered_is_not(store: LocalStore) -> None:
    before(store, "intent", attempt())
    before(store, "started", attempt(job_id="7e57"))
    assert Journal(store, "scope", "here", earlier=Earlier(target="lab")).open_intents() == []


@pytest.mark.parametrize("found", [True, False])
def test_settling_one_settles_it_for_the_earlier_version_too(store: LocalStore, found: bool) -> None:
    path = before(store, "intent", attempt())
    journal = Journal(store, "scope", "here", earlier=Earlier(target="lab"))
    if found:
        journal.started(attempt(), "7e57")
    else:
        journal.withdraw(attempt())
    assert store.read(path) is None
    assert journal.notes().started == ({"a1"} if found else frozenset())


def test_an_intent_that_may_be_of_another_service_is_left_alone(store: LocalStore) -> None:
    path = before(store, "intent", attempt())
    journal = Journal(store, "scope", "here", earlier=Earlier(target="lab", settles=False, is_remembered=False))
    assert journal.open_intents() == []
    journal.withdraw(attempt())
    assert store.read(path) is not None


def test_what_an_earlier_version_noted_goes_on_counting(store: LocalStore) -> None:
    before(store, "started", attempt(job_id="7e57"))
    before(store, "replaced", attempt("b2", job_id="7e58"))
    journal = Journal(store, "scope", "here", earlier=Earlier(target="lab", settles=False, is_remembered=False))
    assert (journal.notes().started, set(journal.notes().replaced)) == ({"a1"}, {"b2"})


@pytest.mark.parametrize(("older", "newer"), [("here", "lab"), ("lab", "here")])
def test_the_newest_attempt_counts_whoever_wrote_it_down(store: LocalStore, older: str, newer: str) -> None:
    journal = Journal(store, "scope", "here", earlier=Earlier(target="lab"))
    for number, place in enumerate((older, newer), start=1):
        one = attempt(f"n{number}", number, f"job-{number}")
        if place == "lab":
            before(store, "started", one)
        else:
            journal.started(one, f"job-{number}")
    assert journal.newest_started([KEY], ())[KEY].job_id == "job-2"


def test_what_an_embedded_service_does_not_know_another_one_ran(store: LocalStore) -> None:
    before(store, "started", attempt(job_id="7e57"))
    earlier = Earlier(target="lab", is_remembered=False)
    assert Journal(store, "scope", "here", earlier=earlier).newest_started([KEY], ()) == {}


@pytest.mark.parametrize("content", [b'{"v": 2}', b"", b"{}"])
def test_an_intent_that_nobody_understands_stops_an_apply(store: LocalStore, content: bytes) -> None:
    store.write("scope/services/here/attempts/Job/areas/000000000000001-a1.intent", content)
    with pytest.raises(Misconfigured, match=r"a1\.intent cannot be read") as stopped:
        Journal(store, "scope", "here").open_intents()
    assert "fused-spec" in str(stopped.value.hint)
