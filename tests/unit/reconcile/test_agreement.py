"""The spec language and the wire agree: the same fields with the same defaults, but where one has more on purpose."""

from collections.abc import Mapping
from typing import Any

import pytest

from fused_spec.configuration.instances import INSTANCE_TYPES
from fused_spec.spec.checking.schema import complete
from fused_spec.wire import JobConfig, PartitionGeospatialStep, PartitionNongeospatialStep, TokenCreate, Udf, UdfStep
from fused_spec.wire.base import WireModel

JOB = complete("Job")["properties"]["spec"]["properties"]
CONFIG = JOB["config"]["properties"]
STEPS = {
    branch["if"]["properties"]["type"]["const"]: branch["then"]["properties"]
    for branch in CONFIG["steps"]["items"]["allOf"]
}
UDF = STEPS["udf"]["udf"]["properties"]

# Fields of the wire that a spec says in another way, or that the service fills in.
_UNSAID = {
    Udf: {"type", "original_headers", "collection_id", "collection_name", "engine", "disk_size_gb", "region"},
    TokenCreate: {"udf_email", "udf_slug", "udf_id", "public_read", "access_scope"},
}
# Fields of a spec that become others on the wire.
_TRANSLATED: Mapping[type[WireModel], set[str]] = {
    Udf: {"file", "folder", "git", "ref"},
    UdfStep: {"expect"},
    PartitionGeospatialStep: {"expect"},
    PartitionNongeospatialStep: {"expect"},
    TokenCreate: {"udf", "sink", "expires", "warn_before"},
}
# The wire wants these said, or knows them under their reduced form.
_OTHER_DEFAULT = {"partitioning_method", "partitioning_split_method", "gdal_config", "headers"}

PAIRS: list[tuple[type[WireModel], Mapping[str, Any]]] = [
    (JobConfig, CONFIG),
    (UdfStep, STEPS["udf"]),
    (PartitionGeospatialStep, STEPS["partition_geospatial"]),
    (PartitionNongeospatialStep, STEPS["partition_nongeospatial"]),
    (Udf, UDF),
    (TokenCreate, complete("UdfAccessToken")["properties"]["spec"]["properties"]),
]


@pytest.mark.parametrize(("model", "schema"), PAIRS, ids=[model.__name__ for model, _ in PAIRS])
def test_both_have_the_same_fields(model: type[WireModel], schema: Mapping[str, Any]) -> None:
    assert set(model.model_fields) - _UNSAID.get(model, set()) == set(schema) - _TRANSLATED.get(model, set())


@pytest.mark.parametrize(("model", "schema"), PAIRS, ids=[model.__name__ for model, _ in PAIRS])
def test_both_have_the_same_defaults(model: type[WireModel], schema: Mapping[str, Any]) -> None:
    translated = _TRANSLATED.get(model, set())
    said = {name: field["default"] for name, field in schema.items() if "default" in field and name not in translated}
    known = {name: model.model_fields[name].get_default(call_default_factory=True) for name in said}
    assert {name: value for name, value in said.items() if name not in _OTHER_DEFAULT} == {
        name: value for name, value in known.items() if name not in _OTHER_DEFAULT
    }


def test_both_know_the_same_machines() -> None:
    assert tuple(name for name in JOB["instance_type"]["enum"] if name is not None) == INSTANCE_TYPES


def test_the_empty_way_to_open_a_file_is_the_same() -> None:
    default = STEPS["partition_geospatial"]["gdal_config"]["default"]
    wire = PartitionGeospatialStep.model_fields["gdal_config"].get_default(call_default_factory=True)
    assert default == wire.model_dump()
