import re

from fused_spec.plan.model import Action, Reason
from fused_spec.views.markdown import plan_markdown
from tests.unit.views.things import change, field, plan


def test_the_first_line_is_the_summary() -> None:
    assert plan_markdown(plan(change())).splitlines()[0] == "**Plan: 1 to start.** Target `local`."


def test_each_change_is_folded() -> None:
    text = plan_markdown(plan(change("a"), change("b")))
    assert text.count("<details>") == text.count("</details>") == 2


def test_what_is_up_to_date_shares_one_section() -> None:
    still = [change(name, action=Action.NONE, reason=Reason.UP_TO_DATE) for name in "abc"]
    text = plan_markdown(plan(*still))
    assert text.count("<details>") == 1
    assert text.count("up to date</code></li>") == 3


def test_old_and_new_values_stand_below_their_field() -> None:
    text = plan_markdown(plan(change(fields=(field("disk_size_gb", 10, 20),))))
    assert "```diff\n@@ disk_size_gb @@\n- 10\n+ 20\n```" in text


def test_code_is_a_diff() -> None:
    text = plan_markdown(plan(change(fields=(field("code", "a\nb\n", "a\nc\n"),))))
    assert "\n-b\n+c\n" in text


def test_code_cannot_end_its_fence() -> None:
    text = plan_markdown(plan(change(fields=(field("code", "a\n", "```\n</details>\n`````\n"),))))
    fence = re.search("^(`{6,})diff$", text, re.MULTILINE)
    assert fence is not None
    assert text.count(fence[1]) == 2


def test_a_reason_cannot_add_markup() -> None:
    text = plan_markdown(plan(change(detail="</summary><img src=x>@everyone")))
    assert "<img" not in text
    assert text.count("</summary>") == 1


def test_a_warning_cannot_add_markup() -> None:
    text = plan_markdown(plan(warnings=("a `` b ![x](http://y)",)))
    assert "```a `` b ![x](http://y)```" in text


def test_a_comment_stays_short_and_says_what_is_missing() -> None:
    changes = [change(f"job-{n}", fields=(field("code", "", "x\n" * 200),)) for n in range(200)]
    text = plan_markdown(plan(*changes))
    assert len(text) < 60_000
    assert re.search(r"_\d+ sections left out", text)


def test_one_endless_change_is_cut() -> None:
    text = plan_markdown(plan(change(fields=tuple(field(f"f{n}", "x" * 200, "y" * 200) for n in range(300)))))
    assert len(text) < 60_000
    assert "@@ cut here @@\n```" in text
