"""What callers give, and what is refused before anything is sent."""

import subprocess
import sys
from typing import Any

import pytest

from fused_spec.api.errors import InvalidArgument
from fused_spec.api.inputs import as_config, as_udf, checked_instance_type, env_list, is_geodataframe
from fused_spec.wire import JobConfig, UdfStep
from fused_spec.wire.instances import INSTANCE_TYPES

UDF = {"name": "n", "entrypoint": "n", "code": "c"}
STEP: dict[str, Any] = {"type": "udf", "udf": UDF, "metadata": {"free": {"form": 1}}}


class Published:
    """Stands for a model of the published package, of either pydantic generation."""

    def __init__(self, plain: dict[str, Any], *, generation: int) -> None:
        setattr(self, "model_dump" if generation == 2 else "dict", lambda **_: plain)


@pytest.mark.parametrize(
    "config",
    [
        STEP,
        {"steps": [STEP]},
        UdfStep.model_validate(STEP),
        JobConfig.model_validate({"steps": [STEP]}),
        Published({**STEP, "field_of_a_newer_release": 1}, generation=2),
        Published({"steps": [STEP]}, generation=1),
    ],
)
def test_a_config_comes_in_many_forms(config: object) -> None:
    assert as_config(config) == JobConfig.model_validate({"steps": [STEP]})


@pytest.mark.parametrize(
    ("config", "problem"),
    [
        ({**STEP, "inputs": []}, "inputs is not a field"),
        ({"steps": [STEP], "nam": "n"}, "nam is not a field"),
        ({"steps": [STEP, {**STEP, "udf": {**UDF, "heders": []}}]}, r"steps\[1\].udf.heders is not a field"),
        ({"steps": [{"type": "union"}]}, r"steps.0: .*'union'"),
        ({"steps": 5}, "steps: "),
        ({**STEP, "n_processes": "many"}, "n_processes"),
        (object(), "a object cannot be sent"),
        (None, "a NoneType cannot be sent"),
    ],
)
def test_a_wrong_config_is_told_by_place(config: object, problem: str) -> None:
    with pytest.raises(InvalidArgument, match=problem):
        as_config(config)


def test_a_misspelt_field_has_a_suggestion() -> None:
    with pytest.raises(InvalidArgument) as caught:
        as_udf({**UDF, "parametres": {}})
    assert caught.value.hint == 'did you mean "parameters"?'


@pytest.mark.parametrize(
    ("env", "sent"),
    [
        (None, None),
        ((), []),
        (["A=1", "B=x=y"], ["A=1", "B=x=y"]),
        (iter(["A="]), ["A="]),
        ({"A": "1", "B": ""}, ["A=1", "B="]),
    ],
)
def test_the_environment_becomes_a_list(env: Any, sent: list[str] | None) -> None:
    assert env_list(env) == sent


@pytest.mark.parametrize("env", ["A=1", ["A"], ["=secret"], [5], ["A=\0"], {"A": 1}, {"A": None}])
def test_what_is_no_environment_is_refused_and_not_echoed(env: Any) -> None:
    with pytest.raises(InvalidArgument) as caught:
        env_list(env)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("name", [None, *INSTANCE_TYPES])
def test_every_published_machine_is_known(name: str | None) -> None:
    assert checked_instance_type(name) == name


def test_the_published_list_is_whole() -> None:
    assert len(INSTANCE_TYPES) == len(set(INSTANCE_TYPES)) == 30
    assert {"m5.large", "r5.16xlarge", "t3.2xlarge", "c2-standard-60", "m3-ultramem-64", "agent"} < set(INSTANCE_TYPES)


def test_a_machine_like_no_other_is_answered_with_the_list() -> None:
    with pytest.raises(InvalidArgument) as caught:
        checked_instance_type("quantum")
    assert "m5.large" in (caught.value.hint or "")


def test_the_client_is_imported_without_geopandas() -> None:
    code = "import sys, fused_spec.api.client; print('geopandas' in sys.modules or 'pandas' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"


def test_anything_is_no_geodataframe_where_geopandas_is_not_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "geopandas", raising=False)
    assert is_geodataframe(object()) is False
