"""Runs that only carry the mark of another."""

from datetime import UTC, datetime, timedelta

import pytest

from fused_spec.api.values.objects import JobResponse
from fused_spec.reconcile.marking.copies import copies_in, is_late
from fused_spec.reconcile.marking.marker import FIELD, Marker, marker_in
from fused_spec.spec.model import Key, Kind

NOW = datetime(2031, 5, 1, tzinfo=UTC)


def marker(nonce: str = "n", sent: datetime | None = NOW) -> Marker:
    return Marker(scope="s", key=Key(kind=Kind.JOB, name="areas"), digest="d1:0", attempt=1, nonce=nonce, sent=sent)


def job(id: str, minutes: float = 0) -> JobResponse:
    return JobResponse(id=id, creation_date=NOW + timedelta(minutes=minutes))


def test_of_runs_with_one_mark_the_first_is_meant() -> None:
    listing = [(job("c", 2), marker()), (job("b", 1), marker()), (job("a"), marker()), (job("x"), None)]
    assert copies_in(listing) == {"b", "c"}


def test_a_run_of_much_later_is_a_copy_though_nobody_knows_the_first() -> None:
    assert copies_in([(job("c", 16), marker())]) == {"c"}
    assert copies_in([(job("c", 14), marker())]) == frozenset()


def test_runs_with_marks_of_their_own_are_none() -> None:
    assert copies_in([(job("b", 1), marker("2")), (job("a"), marker("1"))]) == frozenset()


def test_a_mark_without_a_time_is_never_late() -> None:
    assert not is_late(marker(sent=None), NOW + timedelta(days=900))


@pytest.mark.parametrize("told", ["soon", 5, None, [], "2031-05-01T10:00:00"])
def test_a_mark_whose_time_cannot_be_read_has_none(told: object) -> None:
    found = marker_in({FIELD: {**marker().to_metadata(), "sent": told}})
    assert found is not None
    assert found.sent is None


def test_a_mark_keeps_its_time() -> None:
    assert marker_in({FIELD: marker().to_metadata()}) == marker()
