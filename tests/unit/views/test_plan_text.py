import pytest
from msgspec.structs import replace

from fused_spec.jobs.status import RunStatus
from fused_spec.plan.actions import Action, Reason
from fused_spec.plan.model import Left
from fused_spec.views.text.plans import plan_text
from fused_spec.views.words.english import plan_summary
from tests.unit.views.things import NOW, change, field, job, job_key, plan, run


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


def test_a_plan_in_which_nothing_changes_is_one_line_that_counts_the_reasons() -> None:
    still = [change(name, action=Action.NONE, reason=Reason.UP_TO_DATE) for name in "abc"]
    known = change("d", action=Action.NONE, reason=Reason.MANUAL)
    assert plan_text(plan(*still)) == "No changes. 3 unchanged: up to date."
    assert plan_text(plan(*still, known)) == (
        "No changes. 4 unchanged: 3 up to date, 1 runs only when named by --rerun."
    )


def test_what_is_held_is_shown_though_nothing_changes() -> None:
    held = replace(
        change("a", action=Action.HOLD, reason=Reason.HELD),
        before=replace(run(status=RunStatus.FAILED), ended=NOW, error="step 1 of 1 (udf) failed: ValueError: x"),
    )
    assert plan_text(plan(held, change("b", action=Action.NONE, reason=Reason.UP_TO_DATE))).splitlines() == [
        "  ! Job/a  the last run did not succeed; --retry starts it again",
        "      failed on 2026-05-04 at 12:00:00 UTC: step 1 of 1 (udf) failed: ValueError: x",
        "No changes. 1 held, 1 unchanged: up to date.",
    ]


def test_an_equal_diff_is_shown_once_below_the_jobs_that_it_is_of() -> None:
    code = (field("code", "a\n", "b\n"),)
    lines = plan_text(plan(change("a", fields=code), change("b", fields=code))).splitlines()
    assert [line.strip() for line in lines] == [
        "+ Job/a  spec changed",
        "+ Job/b  spec changed",
        "both:",
        "code:",
        "@@ -1 +1 @@",
        "-a",
        "+b",
        "Plan: 2 to start.",
    ]


def test_many_jobs_of_one_shape_are_one_line_with_the_values_that_differ_and_the_exceptions() -> None:
    jobs = [change(f"t{n:03d}", fields=(field("year", 1, 2), field("tile", n + 1, -n))) for n in range(300)]
    odd = change("odd", fields=(*jobs[0].fields, field("disk_size_gb", 50, 200)))
    assert plan_text(plan(*jobs, odd)).splitlines() == [
        "  + 301 jobs: t000, t001 … odd  spec changed",
        "      all 301:",
        "      year: 1 → 2",
        "      tile differs: 1 → 0, 2 → -1, 3 → -2 … 300 → -299",
        "      but Job/odd: disk_size_gb 50 → 200",
        "Plan: 301 to start.",
    ]


def test_a_new_job_is_told_in_short() -> None:
    steps = [
        {"type": "partition_geospatial", "input": ["s3://a/x.parquet", "s3://a/y.parquet"], "output": "fd://demo/a/"},
        {"type": "udf", "udf": {"name": "udf", "code": "a\nb\n"}, "input": [{"n": n} for n in range(1000)]},
    ]
    payload = {"config": {"steps": steps}, "instance_type": "m5.large", "region": "us-west-2", "disk_size_gb": 50}
    new = replace(change("a", reason=Reason.NEVER_RAN), before=None, after=job("a", payload))
    assert plan_text(plan(new)).splitlines() == [
        "  + Job/a  never ran",
        "      on m5.large, us-west-2, 50 GB of disk",
        "      1. partition_geospatial of s3://a/x.parquet, s3://a/y.parquet → fd://demo/a/",
        '      2. udf udf, 2 lines over 1000 inputs: {"n": 0}, {"n": 1}, {"n": 2}, {"n": 3}, … 996 more',
        "Plan: 1 to start.",
    ]


def test_many_unchanged_jobs_are_a_line_for_each_reason() -> None:
    still = [change(f"j{n}", action=Action.NONE, reason=Reason.UP_TO_DATE) for n in range(40)]
    assert plan_text(plan(change("a"), *still)).splitlines()[1:-1] == ["    40 unchanged: up to date"]


def test_what_left_the_specs_is_told_with_what_stays_and_many_bare_jobs_in_one_line() -> None:
    bare = [Left(key=job_key(f"t{n}"), said="its last run succeeded") for n in range(5)]
    table = Left(key=job_key("old"), said="its last run failed", stays=("fd://a/", "fd://b/"))
    taken = Left(key=job_key("moved"), said="its last run succeeded", taken=(("fd://c/", job_key("new")),))
    told = plan_text(replace(plan(change()), left=(*bare, table, taken))).splitlines()[1:-1]
    assert told == [
        "Left the specs: Job/old, its last run failed; fd://a/ and fd://b/ stay",
        "Left the specs: Job/moved, its last run succeeded; Job/new writes fd://c/ now",
        "Left the specs: 5 jobs that leave no table: t0, t1 … t4",
    ]


def test_an_equal_diff_of_changes_that_differ_otherwise_is_shown_with_the_first() -> None:
    code = field("code", "a\n", "b\n")
    text = plan_text(plan(change("a", fields=(code,)), change("b", fields=(code, field("disk_size_gb", 1, 2)))))
    assert text.count("+b") == 1
    assert "      code: the same change as that of Job/a" in text.splitlines()


@pytest.mark.parametrize("action", [Action.REPLACE, Action.CANCEL])
def test_what_ends_a_run_names_it(action: Action) -> None:
    assert "      ends run 7e57ab1e" in plan_text(plan(change(action=action))).splitlines()
