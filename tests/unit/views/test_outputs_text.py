"""What a person is shown of outputs."""

from typing import Any

import pytest

from fused_spec.engine.outputs.differences import Changed, Difference
from fused_spec.engine.outputs.model import Column, Facts, Kind, Output, Told
from fused_spec.engine.outputs.summaries import Distribution, Summary
from fused_spec.views.documents.outputs import differences_document, result, results_document
from fused_spec.views.text.output_differences import output_differences_text
from fused_spec.views.text.outputs import (
    outputs_text,
    rows_text,
    saved_text,
    schema_text,
    shown_outputs_lines,
    size,
    summary_text,
    totals,
)

HOSTILE = "a\x1b[31m\nb"


def told(name: str = "0.parquet", task: int | None = 0, address: str | None = None, **facts: Any) -> Told:
    return Told(Output(name=name, task=task, address=address), Facts(**{"kind": Kind.TABLE, **facts}))


def test_columns_that_say_nothing_of_any_output_are_left_out() -> None:
    assert outputs_text([told(rows=3, bytes=10)]).splitlines()[0].split() == ["TASK", "NAME", "KIND", "ROWS", "SIZE"]


def test_each_output_is_a_line() -> None:
    line = outputs_text([told(rows=1200, width=2, crs="EPSG:4326", bounds=(0.0, 1.0, 2.0, 3.5), bytes=2_500)])
    assert " ".join(line.splitlines()[1].split()) == "0 0.parquet table 1,200 2 EPSG:4326 0 1 2 3.5 2.5 kB"


def test_those_that_are_not_listed_are_counted() -> None:
    assert outputs_text([told(rows=1)], 7).splitlines()[-1] == "… 7 more results; -n 8 lists them"


def test_why_no_more_is_known_is_said_below() -> None:
    assert outputs_text([told(problem="it is gone")]).splitlines()[-1] == "0.parquet: it is gone"


@pytest.mark.parametrize(
    "text",
    [
        outputs_text([told(HOSTILE, problem=HOSTILE, crs=HOSTILE)]),
        rows_text(HOSTILE, [{HOSTILE: HOSTILE}], several=True),
        schema_text(HOSTILE, [Column(HOSTILE, HOSTILE)], several=True),
        summary_text(
            HOSTILE,
            Summary(rows=1, columns=(Distribution(name=HOSTILE, type="string", nulls=0, top=HOSTILE),)),
            several=True,
        ),
        *saved_text([HOSTILE], 1),
        *(": ".join(pair) for pair in shown_outputs_lines([told(HOSTILE, address=HOSTILE, crs=HOSTILE)], 0)),
        *(": ".join(pair) for pair in totals([told(crs=HOSTILE)])),
        output_differences_text(
            "one",
            "other",
            [
                Difference(
                    name=HOSTILE,
                    task=0,
                    added=(HOSTILE,),
                    facts=(Changed(HOSTILE, HOSTILE, 1),),
                    retyped=(Changed(HOSTILE, HOSTILE, HOSTILE),),
                )
            ],
            [HOSTILE],
        ),
    ],
)
def test_nothing_foreign_reaches_a_terminal_as_it_is(text: str) -> None:
    assert "\x1b" not in text
    assert "a\nb" not in text


def test_totals_add_up_what_is_known_of_every_output() -> None:
    one = told(rows=3, crs="EPSG:4326", bounds=(0.0, 0.0, 1.0, 1.0), bytes=10)
    other = told(rows=4, crs="EPSG:4326", bounds=(5.0, -1.0, 6.0, 1.0), bytes=20)
    nothing = told(kind=Kind.NOTHING, bytes=0)
    assert dict(totals([one, other, nothing])) == {
        "results": "2 tables",
        "rows": "7",
        "CRS": "EPSG:4326",
        "bounds": "0 -1 6 1",
        "size": "30 B",
    }


def test_boxes_of_several_systems_are_not_added_up() -> None:
    pair = [told(crs="EPSG:4326", bounds=(0.0, 0.0, 1.0, 1.0)), told(crs="EPSG:3857", bounds=(0.0, 0.0, 1.0, 1.0))]
    assert "bounds" not in dict(totals(pair))


def test_rows_that_are_not_known_of_all_are_not_added_up() -> None:
    assert "rows" not in dict(totals([told(rows=3), told()]))


@pytest.mark.parametrize(("count", "text"), [(0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (20_000_000_000, "20.0 GB")])
def test_a_size_is_told_in_the_unit_that_fits(count: int, text: str) -> None:
    assert size(count) == text


def test_runs_that_differ_in_nothing_have_no_more_to_say() -> None:
    assert (
        output_differences_text("one", "other", [Difference(name="0.parquet", task=0)], [])
        == "0 outputs differ, 1 as before."
    )


def test_a_difference_names_what_was_and_what_is() -> None:
    found = [
        Difference(
            name="0.parquet",
            task=0,
            facts=(Changed("rows", 3, 4000), Changed("bounds", None, (0.0, 0.0, 1.0, 1.0))),
            added=("new",),
            removed=("old",),
            retyped=(Changed("n", "int64", "double"),),
            values=(Changed("n.mean", 1.5, 2.25),),
        ),
        Difference(name="1.parquet", task=1, before=False),
    ]
    assert output_differences_text("one", "other", found, ["2.parquet"]).splitlines() == [
        "--- one",
        "+++ other",
        "~ 0.parquet",
        "      rows: 3 → 4,000",
        "      bounds: none → 0 0 1 1",
        "    - column old",
        "    + column new",
        "      column n: int64 → double",
        "      n.mean: 1.5 → 2.25",
        "+ 1.parquet",
        "2 outputs differ, 0 as before.",
        "Too large for their values to be compared: 2.parquet.",
    ]


def test_documents_are_as_their_schemas_say() -> None:
    import jsonschema

    from tests.schemas import schema_of

    one = told(rows=3, crs="EPSG:4326", bounds=(0.0, 0.0, 1.0, 1.0), bytes=10)
    more = {0: {"head": [{"n": 1}], "schema": [{"name": "n", "type": "int64"}]}}
    jsonschema.validate({"format_version": "1", **results_document([one], more, 2)}, schema_of("results"))
    difference = Difference(name="0.parquet", task=0, facts=(Changed("bounds", None, (0.0, 0.0, 1.0, 1.0)),))
    document = differences_document("one", "other", [difference], ["1.parquet"])
    jsonschema.validate({"format_version": "1", **document}, schema_of("show-diff"))


def test_no_secret_is_in_a_problem() -> None:
    told_of = result(told(problem="https://x.y/z?X-Amz-Signature=0123456789abcdef: 403"))
    assert "0123456789abcdef" not in str(told_of["problem"])
