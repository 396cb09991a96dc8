"""Digests never change: not with the system, not with the version; the golden vectors pin them."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fused_spec.spec.relations.digest import canonical, digest

VECTORS = json.loads((Path(__file__).parents[2] / "golden" / "digests.json").read_text(encoding="utf-8"))

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inside: st.lists(inside, max_size=4) | st.dictionaries(st.text(), inside, max_size=4),
    max_leaves=12,
)


@pytest.mark.parametrize("vector", VECTORS, ids=[vector["name"] for vector in VECTORS])
def test_a_golden_digest_never_changes(vector: dict[str, Any]) -> None:
    assert digest(vector["payload"]) == vector["digest"]


def test_golden_payloads_that_differ_have_digests_that_differ() -> None:
    labelled = {vector["digest"] for vector in VECTORS if "labels" in vector["name"]}
    others = [vector["digest"] for vector in VECTORS if "labels" not in vector["name"]]
    assert len(others) == len(set(others))
    assert labelled <= set(others)


@given(json_values)
def test_the_canonical_form_survives_a_round_trip(value: Any) -> None:
    assert canonical(json.loads(canonical(value).decode("utf-8", "surrogatepass"))) == canonical(value)


def test_the_order_of_keys_means_nothing() -> None:
    assert digest({"udf": {"a": 1, "b": 2}, "slug": "x"}) == digest({"slug": "x", "udf": {"b": 2, "a": 1}})
