"""Policies as the installed command goes by them."""

from tests.acceptance.command import Shell
from tests.acceptance.test_runs import known_jobs
from tests.acceptance.test_trust import UDF, quick

POLICIES = """\
policies:
  - {name: few-starts, on: plan, deny: plan.starts > 1, message: one job at a time}
"""


def given(shell: Shell, policies: str, *jobs: str) -> None:
    project = (shell.folder / "fused-spec.yaml").read_text()
    shell.write("fused-spec.yaml", project + policies)
    shell.write("specs/quick.py", UDF)
    shell.write("specs/a.yaml", "---\n".join(map(quick, jobs)))


def test_a_plan_that_is_denied_is_shown_kept_nowhere_and_starts_nothing(neighbour: Shell) -> None:
    given(neighbour, POLICIES, "areas", "others")
    assert neighbour.run("validate", "specs").code == 0
    planned = neighbour.run("plan", "specs", "--out", "it.plan")
    assert (planned.code, "Job/others" in planned.out) == (3, True), planned.err
    assert "policy few-starts: one job at a time" in planned.err
    assert not (neighbour.folder / "it.plan").exists()
    known = known_jobs(neighbour)
    applied = neighbour.run("apply", "specs")
    assert (applied.code, "one job at a time" in applied.err) == (3, True)
    assert known_jobs(neighbour) == known


def test_a_plan_that_is_warned_of_is_carried_out(neighbour: Shell) -> None:
    given(neighbour, POLICIES.replace("deny: plan.starts > 1", "warn: plan.starts > 0"), "areas")
    applied = neighbour.run("apply", "specs")
    assert (applied.code, "one job at a time" in applied.err) == (0, True), applied.err
