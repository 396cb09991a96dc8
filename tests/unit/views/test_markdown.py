import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from msgspec.structs import replace

from fused_spec.errors import CredentialsError
from fused_spec.jobs.status import RunStatus
from fused_spec.plan.actions import Action, Reason
from fused_spec.plan.model import Change, Left
from fused_spec.spec.model import DesiredJob
from fused_spec.views.markdown.comment import error_markdown, plan_markdown, problems_markdown
from tests.unit.views.things import change, field, job, job_key, plan, problem, run

SECRET = "fsh_" + "AbCdEfGh12345678"


def new(name: str = "areas", **payload: object) -> Change:
    """A job that never ran."""
    code = "import fused\n\n@fused.udf\ndef udf(x=0):\n    return x\n"
    step = {"type": "udf", "udf": {"name": "udf", "entrypoint": "udf", "code": code}, "input": list(range(20))}
    declared: DesiredJob = replace(
        job(name, {"config": {"steps": [step]}, **payload}), sources={"config.steps.0.udf.code": "udfs/area.py"}
    )
    return replace(change(name, reason=Reason.NEVER_RAN), before=None, after=declared)


def different(name: str) -> tuple[Change, ...]:
    """A change of a shape that no other has."""
    return (change(name, fields=(field("code", f"{name}\n", f"{name}\n" * 200),)),)


class Rendered(HTMLParser):
    """A comment as a browser reads it, and what stands outside of code; fails for an element that is not closed."""

    def __init__(self, comment: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.prose = ""
        self.feed(MarkdownIt().render(comment))
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        assert tag in ("details", "summary", "p", "ul", "li", "code", "pre", "b", "em", "strong", "br"), tag
        if tag != "br":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "code" not in self.open:
            self.prose += data


def test_the_first_line_is_the_summary() -> None:
    assert plan_markdown(plan(change())).splitlines()[0] == "**Plan: 1 to start.** Target `local`."


def test_changes_of_different_shapes_are_folded_apart() -> None:
    text = plan_markdown(plan(*different("a"), *different("b")))
    assert text.count("<details>") == text.count("</details>") == 2


def test_what_is_up_to_date_shares_one_section() -> None:
    still = [change(name, action=Action.NONE, reason=Reason.UP_TO_DATE) for name in "abc"]
    text = plan_markdown(plan(change("d"), *still))
    assert text.count("<summary>3 unchanged</summary>") == 1
    assert text.count("up to date</code></li>") == 3


def test_a_plan_in_which_nothing_changes_is_one_line() -> None:
    still = [change(name, action=Action.NONE, reason=Reason.UP_TO_DATE) for name in "abc"]
    assert plan_markdown(plan(*still)) == "**No changes.** 3 unchanged, `up to date`. Target `local`.\n"


def test_old_and_new_values_stand_below_their_field() -> None:
    text = plan_markdown(plan(change(fields=(field("disk_size_gb", 10, 20),))))
    assert "```diff\n@@ disk_size_gb @@\n- 10\n+ 20\n```" in text


def test_code_is_a_diff() -> None:
    text = plan_markdown(plan(change(fields=(field("code", "a\nb\n", "a\nc\n"),))))
    assert "\n-b\n+c\n" in text


def test_a_new_job_shows_where_it_runs_over_what_and_its_code() -> None:
    text = plan_markdown(plan(new(instance_type="m5.large", region="us-west-2", disk_size_gb=50, image_name="geo:1")))
    for line in (
        "- machine: `m5.large`",
        "- region: `us-west-2`",
        "- disk in GB: `50`",
        "- image: `geo:1`",
        "- step: `udf udfs/area.py, 5 lines over 20 inputs: 0, 1, 2, 3, … 16 more`",
        "```python",
        "def udf(x=0):",
    ):
        assert line in text.splitlines()


def test_a_new_job_shows_no_secret() -> None:
    text = plan_markdown(plan(new(additional_env={"API_KEY": "hunter22222", "WORDS": SECRET})))
    assert "hunter22222" not in text and SECRET not in text


def test_three_hundred_jobs_that_differ_in_one_value_are_one_section() -> None:
    changes = [change(f"t-{n}", fields=(field("year", n, n + 1), field("code", "a\n", "b\n"))) for n in range(300)]
    text = plan_markdown(plan(*changes))
    assert text.count("\n+b\n") == 1
    assert "<summary><code>+</code> <b><code>300 jobs: t-0, t-1 … t-299</code></b>" in text
    assert "- `year differs: 0 → 1, 1 → 2, 2 → 3, 3 → 4, 4 → 5, 5 → 6, 6 → 7 … 299 → 300`" in text


def test_why_a_job_is_held_is_seen_without_unfolding() -> None:
    failed = replace(run(status=RunStatus.FAILED), error="ValueError: no such tile")
    held = replace(change(action=Action.HOLD, reason=Reason.HELD), before=failed)
    text = plan_markdown(plan(held))
    assert "<p><code>!</code>" in text
    assert "failed: ValueError: no such tile</code></p>" in text


def test_what_takes_something_away_comes_first() -> None:
    ending = change("z", action=Action.CANCEL, reason=Reason.NOT_IN_SPECS)
    text = plan_markdown(plan(change("a"), ending))
    assert text.index("Job/z") < text.index("Job/a")
    assert "ends run 7e57ab1e" in text


def test_six_hundred_starts_leave_the_one_cancelled_run_in_the_comment_and_the_cut_is_told_first() -> None:
    starts = [one for n in range(600) for one in different(f"job-{n}")]
    text = plan_markdown(plan(*starts, change("victim", action=Action.CANCEL)))
    assert len(text) < 60_000
    first, told, cancelled = text.split("\n\n")[:3]
    assert first == "**Plan: 600 to start, 1 to cancel.** Target `local`."
    numbers = [int(number) for number in re.findall(r"\d+", told)]
    assert told.startswith("_Cut, since a comment must be short: the details of ")
    assert "Job/victim" in cancelled
    assert numbers[1] == numbers[2] > 0
    assert text.count("Job/job-") + numbers[1] == 600


def test_so_many_replacements_that_not_even_their_names_fit_are_counted() -> None:
    text = plan_markdown(
        plan(*(replace(one, action=Action.REPLACE) for n in range(3000) for one in different(f"j{n}")))
    )
    assert len(text) < 60_000
    told = re.search(r"and (\d+) changes altogether \(\1 to replace\)", text)
    assert told is not None
    assert text.count("Job/j") + int(told[1]) == 3000


def test_what_left_the_specs_is_told_with_the_table_that_stays() -> None:
    left = Left(key=job_key("old"), said="its last run succeeded on 2031-05-01", stays=("fd://old/",))
    text = plan_markdown(replace(plan(), left=(left,)))
    assert "Left the specs: `Job/old`, its last run succeeded on 2031-05-01; `fd://old/` stays." in text


def test_code_cannot_end_its_fence() -> None:
    text = plan_markdown(plan(change(fields=(field("code", "a\n", "```\n</details>\n`````\n"),))))
    fence = re.search("^(`{6,})diff$", text, re.MULTILINE)
    assert fence is not None
    assert text.count(fence[1]) == 2


def test_a_reason_cannot_add_markup() -> None:
    text = plan_markdown(plan(change(detail="</summary><img src=x>@everyone", fields=(field("a", 1, 2),))))
    assert "<img" not in text
    assert text.count("</summary>") == 1


def test_a_warning_cannot_add_markup() -> None:
    text = plan_markdown(plan(warnings=("a `` b ![x](http://y)",)))
    assert "```a `` b ![x](http://y)```" in text


FOREIGN = st.text(st.sampled_from("a`<>&|\n\r\u202e@#![]()*_~\x1b/details summary"), max_size=40)


@given(detail=FOREIGN, note=FOREIGN, error=FOREIGN, path=FOREIGN, value=FOREIGN, warning=FOREIGN, address=FOREIGN)
def test_nothing_foreign_becomes_markup(
    detail: str, note: str, error: str, path: str, value: str, warning: str, address: str
) -> None:
    held = replace(run(status=RunStatus.FAILED), error=error)
    text = plan_markdown(
        replace(
            plan(
                replace(change("a", detail=detail, fields=(field(path, value, 1),)), notes=(note,)),
                replace(change("b", action=Action.HOLD, reason=Reason.HELD), before=held),
                new("c", region=value),
                warnings=(warning,),
            ),
            left=(Left(key=job_key("old"), said="it ended", stays=(address,)),),
        )
    )
    prose = Rendered(text).prose
    assert "@" not in prose and "#" not in prose


def test_one_endless_change_is_cut() -> None:
    text = plan_markdown(plan(change(fields=tuple(field(f"f{n}", "x" * 200, "y" * 200) for n in range(300)))))
    assert len(text) < 60_000
    assert "@@ cut here @@\n```" in text


@pytest.mark.parametrize("count", [1, 3, 5_000])
def test_invalid_specs_are_a_comment_that_fits_and_counts_all(count: int) -> None:
    text = problems_markdown([problem(line=n + 1) for n in range(count)])
    noun = "problem" if count == 1 else "problems"
    assert text.startswith(f"**{count} {noun} in the specs; nothing was planned.**\n\n- `specs/parcels.yaml:1:3`: ")
    assert len(text) < 65_536
    more = re.search(r"and (\d+) more problems", text)
    assert text.count("specs/parcels.yaml") + (int(more[1]) if more else 0) == count


def test_a_plan_that_could_not_be_made_is_a_comment_too() -> None:
    text = error_markdown(CredentialsError(f"refused {SECRET}", hint="log in"))
    assert text == "**Nothing was planned.** `refused ***` `log in`\n"


def test_an_equal_diff_in_sections_of_their_own_is_shown_once() -> None:
    code = field("code", "a\n", "b\n")
    text = plan_markdown(plan(change("a", fields=(code,)), change("b", fields=(code, field("disk_size_gb", 1, 2)))))
    assert text.count("\n+b\n") == 1
    assert "@@ code @@\n@@ the same change as that of Job/a @@\n@@ disk_size_gb @@\n- 1\n+ 2" in text
