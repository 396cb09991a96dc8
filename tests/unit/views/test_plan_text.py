from fused_spec.plan.model import Action, Reason
from fused_spec.views.plan_text import plan_text
from fused_spec.views.words import plan_summary
from tests.unit.views.things import change, field, plan


def test_a_change_shows_its_sign_and_reason() -> None:
    text = plan_text(plan(change(action=Action.REPLACE, detail="udfs/area.py")))
    assert text.splitlines()[0] == "-/+ Job/areas  spec changed: udfs/area.py"


def test_a_changed_value_shows_old_and_new() -> None:
    text = plan_text(plan(change(fields=(field("instance_type", "m5.large", "r5.large"),))))
    assert '      instance_type: "m5.large" → "r5.large"' in text.splitlines()


def test_changed_code_is_a_diff() -> None:
    before, after = "def udf():\n    return 1\n", "def udf():\n    return 2\n"
    text = plan_text(plan(change(fields=(field("config.steps.0.udf.code", before, after),))))
    assert [line.strip(" ") for line in text.splitlines()[1:6]] == [
        "config.steps.0.udf.code:",
        "@@ -1,2 +1,2 @@",
        "def udf():",
        "-    return 1",
        "+    return 2",
    ]


def test_a_long_diff_is_cut_and_says_so() -> None:
    text = plan_text(plan(change(fields=(field("code", "a\n" * 100, "b\n" * 100),))))
    assert "more lines @@" in text


def test_every_unchanged_job_says_why() -> None:
    text = plan_text(plan(change(action=Action.NONE, reason=Reason.ARCHIVED)))
    assert "finished earlier, known from the archive" in text


def test_secrets_are_masked() -> None:
    text = plan_text(plan(change(fields=(field("additional_env.API_KEY", "one-secret", "another"),))))
    assert "one-secret" not in text and "another" not in text


def test_warnings_come_before_the_summary() -> None:
    text = plan_text(plan(change(), warnings=("a run of Job/old is in no spec",)))
    assert text.splitlines()[-2:] == ["Warning: a run of Job/old is in no spec", "Plan: 1 to start."]


def test_the_summary_counts_every_action() -> None:
    actions = [Action.START, Action.START, Action.REPLACE, Action.NONE, Action.HOLD]
    assert plan_summary(plan(*(change(action=action) for action in actions))) == (
        "Plan: 2 to start, 1 to replace, 1 held, 1 unchanged."
    )


def test_an_empty_plan_says_so() -> None:
    assert plan_text(plan()) == "Plan: nothing is declared."
