import pytest

from fused_spec.views.changes.fields import shown_fields
from fused_spec.views.documents.json import as_json, validate_document
from fused_spec.views.documents.reports.github import annotations
from fused_spec.views.documents.reports.sarif import sarif_text
from fused_spec.views.text.diagnostics import diagnostics_text
from fused_spec.views.words.shown import one_line, visible, visible_lines, without_secrets
from tests.unit.views.things import field, problem


def test_an_escape_sequence_is_written_out() -> None:
    assert visible("\x1b[2Jgone") == "\\x1b[2Jgone"


def test_text_that_reorders_a_line_is_written_out() -> None:
    assert visible("a\u202eb") == "a\\u202eb"


def test_a_line_break_cannot_begin_a_new_line() -> None:
    assert visible("one\ntwo\r") == "one\\ntwo\\r"


def test_lines_stay_lines_where_they_are_wanted() -> None:
    assert visible_lines("one\n\x07two") == "one\n\\x07two"


def test_ordinary_text_of_every_script_stays_as_it_is() -> None:
    assert visible("Zürich\t東京") == "Zürich\t東京"


def test_a_value_is_one_line_of_json() -> None:
    assert one_line({"a": [1, None]}) == '{"a": [1, null]}'


def test_an_absent_value_is_a_dash() -> None:
    assert one_line(None) == "-"


def test_a_long_value_is_cut() -> None:
    assert one_line("x" * 500, 20) == '"' + "x" * 18 + "…"


def test_a_value_with_a_sensitive_name_is_masked_at_any_depth() -> None:
    assert without_secrets({"parameters": [{"api_key": "k1", "area": 3}]}) == {
        "parameters": [{"api_key": "***", "area": 3}]
    }


def test_a_value_of_a_secret_shape_is_masked_whatever_its_name() -> None:
    assert without_secrets({"note": "fsh_abcdefgh12345"}) == {"note": "***"}


def test_a_changed_secret_is_named_and_not_shown() -> None:
    (shown,) = shown_fields((field("additional_env.DB_PASSWORD", "old", "new"),))
    assert (shown.before, shown.after) == ("***", "(sensitive, changed)")


SECRET = "hunter2-SECRET"  # one to look for
URL = f"git+https://me:{SECRET}@git.example.com/geo/udfs@main:x"
VIEWS = [
    lambda found: diagnostics_text(found, source_line=lambda _: f"x = fused.load({URL!r})"),
    lambda found: as_json(validate_document(found)),
    lambda found: sarif_text(found, version="1"),
    annotations,
]


@pytest.mark.parametrize("view", VIEWS, ids=["text", "json", "sarif", "github"])
@pytest.mark.parametrize("column", [1, 20, 40, 200])
def test_no_view_of_a_problem_shows_a_secret(view, column: int) -> None:
    found = [problem(f"nothing at {URL}", hint=f"look at {URL}", pointer=f"spec.{URL}", column=column)]
    assert "git.example.com" in view(found)
    assert SECRET not in view(found)


def test_the_name_of_a_secret_is_none_and_anything_beside_it_may_be() -> None:
    shown = without_secrets({"password": "${secret.DB}", "token": "x${secret.DB}"})
    assert shown == {"password": "${secret.DB}", "token": "***"}
