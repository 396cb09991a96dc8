"""Who is served by what a plan writes over."""

from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from fused_spec.messages.diagnostics import Location
from fused_spec.plan.actions import Action, Reason
from fused_spec.plan.model import Change
from fused_spec.plan.serving import with_served
from fused_spec.spec.model import Desired, DesiredToken, DesiredUdf, Key, Kind
from tests.unit.views.things import change, job, plan

ADDRESS = "fd://demo/points/"


def writer(action: Action = Action.START, *outputs: str) -> Change:
    steps = [{"type": "partition_geospatial", "output": one} for one in outputs or (ADDRESS,)]
    return replace(change("points", action=action), after=job("points", {"config": {"steps": steps}}))


def udf(name: str = "at", *, code: str = "", parameters: Any = None) -> DesiredUdf:
    payload = {"slug": name, "udf": {"code": code, "parameters": parameters or {}}}
    return DesiredUdf(key=Key(kind=Kind.UDF, name=name), payload=payload, digest="d1:u", origin=Location(path="u.yaml"))


def token(**reference: str) -> DesiredToken:
    needs = (Key(kind=Kind.UDF, name=reference["ref"]),) if "ref" in reference else ()
    return DesiredToken(
        key=Key(kind=Kind.TOKEN, name="public"),
        payload={"udf": reference},
        digest="d1:t",
        origin=Location(path="t.yaml"),
        sink=Path("/sink"),
        needs=needs,
    )


def notes(one: Change, *desired: Desired) -> tuple[str, ...]:
    return with_served(plan(one), desired).changes[0].notes


@pytest.mark.parametrize(
    "text",
    [
        ADDRESS,
        "fd://demo/points",
        "fd://demo/points/0.parquet",
        "x = fused.read('fd://demo/points')\n",
        "# as in fd://demo/points.",
    ],
)
def test_a_udf_that_names_the_address_in_its_code_or_parameters_serves_it(text: str) -> None:
    expected = (f"Udf/at serves {ADDRESS}, which this overwrites",)
    assert notes(writer(), udf(code=text)) == expected
    assert notes(writer(), udf(parameters={"of": [{"table": text}]})) == expected


@pytest.mark.parametrize(
    "text", ["fd://demo/points-old/", "fd://demo/points2", "fd://demo/points.parquet", "demo/points"]
)
def test_another_address_is_not_taken_for_it(text: str) -> None:
    assert notes(writer(), udf(code=text)) == ()


@pytest.mark.parametrize("reference", [{"ref": "at"}, {"name": "at"}])
def test_its_tokens_are_named_with_it(reference: dict[str, str]) -> None:
    assert notes(writer(), udf(code=ADDRESS), token(**reference)) == (
        f"Udf/at and token public serve {ADDRESS}, which this overwrites",
    )


def test_a_first_write_is_no_overwrite() -> None:
    first = replace(writer(), before=None, reason=Reason.NEVER_RAN)
    assert notes(first, udf(code=ADDRESS)) == (f"Udf/at serves {ADDRESS}, which this writes",)


@pytest.mark.parametrize("action", [Action.NONE, Action.HOLD, Action.ATTACH])
def test_a_job_that_writes_nothing_now_concerns_nobody(action: Action) -> None:
    assert notes(writer(action), udf(code=ADDRESS)) == ()


def test_several_addresses_of_the_same_readers_are_one_note_and_many_readers_are_counted() -> None:
    others = [udf(f"u{n}", code="fd://a/ fd://b/") for n in range(7)]
    assert notes(writer(Action.REPLACE, "fd://a/", "fd://b/"), *others) == (
        "Udf/u0, Udf/u1, Udf/u2, Udf/u3, Udf/u4 and 2 more serve fd://a/ and fd://b/, which this overwrites",
    )
