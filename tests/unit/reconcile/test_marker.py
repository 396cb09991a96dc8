"""The marker comes back as it was written, and what is not exactly one is a foreign run."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from fused_spec.jobs.parts import Part, Stretches
from fused_spec.reconcile.marking.marker import FIELD, Marker, is_marked, is_of_project, marker_in, object_marker
from fused_spec.spec.model import Key, Kind

KEY = Key(kind=Kind.JOB, name="areas")
MARKER = Marker(scope="s", key=KEY, digest="d1:0", attempt=2, nonce="n", settings={"region": "us-west-2"})


def test_a_marker_survives_the_way_through_metadata() -> None:
    assert marker_in({"own": 1, FIELD: MARKER.to_metadata()}) == MARKER


def test_a_marker_tells_the_elements_that_a_run_is_for() -> None:
    marker = replace(MARKER, part=Part(of=300, elements=Stretches.of([7, 8, 100]), after="the-first"))
    assert marker_in({FIELD: marker.to_metadata()}) == marker


def test_a_marker_of_all_elements_says_nothing_of_them() -> None:
    assert "part" not in MARKER.to_metadata()


@pytest.mark.parametrize(
    "change",
    [
        {"v": 2},
        {"v": None},
        {"kind": "Table"},
        {"attempt": "2"},
        {"name": None},
        {"digest": 5},
        {"nonce": None},
        {"part": {"of": 3}},
        {"part": 3},
    ],
)
def test_a_marker_that_is_not_exactly_right_is_none(change: dict[str, Any]) -> None:
    assert marker_in({FIELD: {**MARKER.to_metadata(), **change}}) is None


@given(st.recursive(st.none() | st.integers() | st.text(), lambda inner: st.dictionaries(st.text(), inner)))
def test_foreign_metadata_is_never_an_error(value: Any) -> None:
    assert marker_in({FIELD: value}) is None
    assert not is_marked({FIELD: value}, "s", KEY)


def test_the_marker_of_a_public_thing_names_nothing() -> None:
    marker = object_marker("scope-of-the-project", KEY)
    assert "areas" not in str(marker)
    assert "scope-of-the-project" not in str(marker)


def test_the_marker_of_a_public_thing_is_recognised_by_who_knows_its_name() -> None:
    metadata = {FIELD: object_marker("s", KEY)}
    assert is_marked(metadata, "s", KEY)
    assert is_of_project(metadata, "s")
    assert not is_marked(metadata, "other", KEY)
    assert not is_of_project(metadata, "other")
    assert not is_marked(metadata, "s", Key(kind=Kind.JOB, name="others"))
