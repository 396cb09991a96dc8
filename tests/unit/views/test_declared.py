"""What something new declares, in words."""

from pathlib import Path
from typing import Any

from msgspec.structs import replace

from fused_spec.plan.actions import Action, Reason
from fused_spec.plan.model import Change
from fused_spec.spec.model import DesiredJob, DesiredToken, Key, Kind
from fused_spec.views.changes.declared import declared_lines
from fused_spec.views.markdown.comment import plan_markdown
from fused_spec.views.text.plans import plan_text
from tests.unit.views.things import job, job_key, plan


def new_job(name: str, needs: tuple[str, ...] = (), reads: tuple[str, ...] = (), **parameters: Any) -> DesiredJob:
    payload = {"config": {"steps": [{"type": "udf", "udf": {"name": "area", "parameters": parameters}}]}}
    keys = tuple(map(job_key, (*needs, *reads)))
    return replace(job(name, payload), needs=keys, reads=tuple(map(job_key, reads)))


def new(desired: DesiredJob) -> Change:
    return Change(key=desired.key, action=Action.START, reason=Reason.NEVER_RAN, after=desired)


def test_a_udf_step_says_its_parameters() -> None:
    assert declared_lines(new_job("a", year=2024)) == ['udf area, with {"year": 2024}']


def test_a_parameter_that_is_a_secret_is_masked() -> None:
    [line] = declared_lines(new_job("a", api_key="abcdefgh12345678"))
    assert "abcdefgh12345678" not in line


def test_a_job_says_what_it_only_waits_for() -> None:
    assert declared_lines(new_job("a", needs=("b",), reads=("c",)))[0] == "needs Job/b"


def test_two_new_jobs_never_look_alike_where_they_are_declared_otherwise() -> None:
    several = [new_job("a"), new_job("b", x=1), new_job("c", needs=("a",))]
    told = [declared_lines(one) for one in several]
    assert len({tuple(lines) for lines in told}) == len(several)
    changes = plan(*map(new, several))
    assert "needs Job/a" in plan_text(changes)
    assert "2 jobs" not in plan_markdown(changes)


def test_of_many_alike_the_one_that_waits_for_another_is_an_exception() -> None:
    several = [*(new_job(f"t{number}", x=number) for number in range(9)), new_job("t9", needs=("t0",), x=9)]
    lines = plan_text(plan(*map(new, several))).splitlines()
    assert '      but Job/t9: needs ["Job/t0"]' in lines


def test_a_token_names_its_sink_as_its_spec_does() -> None:
    token = DesiredToken(
        key=Key(kind=Kind.TOKEN, name="at"),
        payload={"udf": {"ref": "at"}},
        digest="d1:" + "0" * 64,
        origin=job().origin,
        sink=Path("/builds/7/.secrets/at"),
        sink_said=".secrets/at",
        needs=(Key(kind=Kind.UDF, name="at"),),
    )
    assert declared_lines(token) == ["for Udf/at; its value goes to .secrets/at"]
