"""What policies say of a plan and of its changes."""

import math
from datetime import date
from pathlib import Path

import pytest

from fused_spec.jobs.status import RunStatus
from fused_spec.messages.diagnostics import Diagnostic, Location, Severity
from fused_spec.plan.judged import change_facts, judged, plan_facts
from fused_spec.plan.model import Plan
from fused_spec.spec.model import Project, Resolution, RunPolicy
from fused_spec.spec.policies.expression import Expression
from fused_spec.spec.policies.judge import Judge
from fused_spec.spec.policies.policy import OF_PLANS, PLAN, Policy
from fused_spec.spec.policies.rules import Rules
from fused_spec.spec.policies.waiver import Waiver
from tests.unit.plan.things import OTHER, job, plan, run

TODAY = date(2031, 5, 1)
AT = Location(path="fused-spec.yaml", line=6)
DECLARED = "specs/a.yaml:1:1"


def told(made: Plan, expression: str, *waivers: Waiver) -> list[Diagnostic]:
    policy = Policy("few", PLAN, Severity.ERROR, AT, Expression(expression, OF_PLANS))
    judge = Judge(rules=Rules((policy,), waivers), target={"name": "prod", "scope": None}, today=TODAY, used=set())
    project = Project(name="roads", scope="roads", root=Path("/"), state=Path("/state"))
    return judged(made, Resolution(project=project, desired=(), judge=judge))


def test_the_facts_of_a_plan_count_what_an_apply_would_do() -> None:
    facts = plan_facts(plan(job("one"), job("two"), runs=(run(RunStatus.SUCCEEDED, key=job("two").key),)))
    assert (facts["starts"], facts["changes"], facts["cancels"]) == (1, 1, 0)


def test_what_a_plan_may_cost_is_the_sum_of_the_bounds() -> None:
    bounded = [job(name, policy=RunPolicy(max_cost=cost)) for name, cost in (("one", 2.5), ("two", 4))]
    assert plan_facts(plan(*bounded))["cost"] == {"max": 6.5}


def test_a_job_without_a_bound_may_cost_anything() -> None:
    assert plan_facts(plan(job()))["cost"] == {"max": math.inf}
    assert told(plan(job()), "plan.cost.max > 1000.0")


def test_the_facts_of_a_change_name_its_action_and_reason() -> None:
    [change] = plan(job(), runs=(run(RunStatus.SUCCEEDED, OTHER),)).changes
    facts = change_facts(change)
    assert (facts["action"], facts["reason"], facts["kind"], facts["name"]) == ("start", "spec-changed", "Job", "areas")


def test_a_policy_on_a_plan_is_told_at_the_policy() -> None:
    [only] = told(plan(job("one"), job("two")), "plan.starts > 1")
    assert (only.code, only.location, only.message) == ("policy-denied", AT, "policy few")


def test_a_policy_on_changes_is_told_where_each_is_declared() -> None:
    found = told(plan(job("one"), job("two")), 'change.action == "start"')
    assert [(str(one.location), one.message) for one in found] == [
        (DECLARED, "policy few (Job/one)"),
        (DECLARED, "policy few (Job/two)"),
    ]


def test_a_plan_without_changes_has_none_to_be_denied() -> None:
    assert told(plan(), 'change.action == "start"') == []


def test_a_policy_that_holds_tells_nothing() -> None:
    assert told(plan(job()), 'plan.starts > 1 && target.name == "prod"') == []


@pytest.mark.parametrize(("match", "count"), [("Job/one", 1), ("Job/*", 0), ("plan", 2)])
def test_a_change_is_waived_by_its_name(match: str, count: int) -> None:
    waiver = Waiver(0, "few", match, "until the move", TODAY, AT)
    assert len(told(plan(job("one"), job("two")), 'change.action == "start"', waiver)) == count


def test_a_plan_is_waived_as_a_whole() -> None:
    assert told(plan(job()), "plan.starts > 0", Waiver(0, "few", "plan", "until the move", TODAY, AT)) == []


def test_specs_without_policies_have_none_on_plans() -> None:
    project = Project(name="roads", scope="roads", root=Path("/"), state=Path("/state"))
    assert judged(plan(job()), Resolution(project=project, desired=())) == []
