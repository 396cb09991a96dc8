"""`results`: what a run made, or what lies at an address; listed, looked into, and brought here."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from fused_spec.cli.terminal.context import Context
from fused_spec.cli.terminal.naming import Noun, naming
from fused_spec.cli.terminal.options import command, map_option, not_empty, output_option
from fused_spec.system.timings import Phase

if TYPE_CHECKING:
    from fused_spec.api.reading import FusedReader
    from fused_spec.cli.outputs.finding import Found
    from fused_spec.engine.outputs.model import Output, Told
    from fused_spec.messages.redaction import Redactor

_FORMS = ("parquet", "geojson", "csv", "flatgeobuf", "geopackage", "tiff")
_LISTED = 1000


@click.command()
@click.argument("name", metavar="NAME|JOB_ID|ADDRESS", shell_complete=naming(Noun.RUN))
@click.option("--task", "tasks", multiple=True, type=click.IntRange(min=0), metavar="N", help="Of this task.")
@click.option("-n", "number", type=click.IntRange(min=1), default=_LISTED, show_default=True, help="List so many.")
@click.option("--head", type=click.IntRange(min=1), metavar="N", help="The first rows, or texts as they are.")
@click.option("--schema", is_flag=True, help="Columns and their types.")
@click.option("--describe", is_flag=True, help="How the values of each column are distributed; reads every row.")
@click.option(
    "-o", "place", callback=not_empty, metavar="DIR|FILE", help="Write a file for each into DIR/, or all into one FILE."
)
@click.option("--format", "form", type=click.Choice(_FORMS), help="Write in this form, not as the end of FILE says.")
@map_option("Draw them:")
@click.option("--open", "opens", is_flag=True, help="Open the file that was written; alone, a map.")
@output_option("text", "json")
@command
def results(
    context: Context,
    name: str,
    tasks: tuple[int, ...],
    number: int,
    head: int | None,
    schema: bool,
    describe: bool,
    place: str | None,
    form: str | None,
    map_file: Path | None,
    opens: bool,
    output: str,
) -> None:
    """Look at what a run made: rows, columns, bounds, size.

    NAME is the newest run of a job that succeeded, JOB_ID that run, and an ADDRESS such as fd://tables/roads what lies
    there. Of large tables only what is asked for is read. -o writes them here, as they are or in another form.
    """
    if form is not None and place is None:
        raise click.UsageError("--format says how -o writes; name a file or a folder with -o")
    with context.timings.phase(Phase.LOAD):
        from fused_spec.cli.outputs.finding import find_outputs
        from fused_spec.cli.outputs.opening import open_made
        from fused_spec.cli.outputs.telling import Wanted, told_outputs
        from fused_spec.cli.runs.lookup import surroundings

    around = surroundings(context)
    found = find_outputs(around, name)
    for note in found.notes:
        context.console.warn(f"Warning: {note}.")
    chosen = _chosen(found, tasks)
    looks = head is not None or schema or describe
    if opens and place is None and map_file is None:
        map_file = around.project.state / "maps" / f"{found.file_name}.html"
    every = looks or place is not None
    told = told_outputs(
        around.api,
        found,
        chosen if every or map_file is not None else chosen[:number],
        Wanted.ALL if schema else Wanted.KINDS if looks and output == "text" else Wanted.FACTS,
        most_read=None if every else max(number, _LISTED),
    )
    made = [] if place is None else _write(context, told, place, form)
    made += [] if map_file is None else _draw(context, around.api, found, told, map_file)
    if opens and made:
        open_made(context, made[-1])
    if not made or looks or output == "json":
        asked = _asked(told, head, schema=schema, describe=describe)
        _show(context, around.mask, told, asked, len(chosen) - len(told), output)


def _chosen(found: "Found", tasks: tuple[int, ...]) -> "list[Output]":
    from fused_spec.errors import FusedSpecError

    if not tasks:
        return list(found.outputs)
    known = {output.task for output in found.outputs}
    if missing := [str(task) for task in tasks if task not in known]:
        count = sum(task is not None for task in known)
        there = f"its results are of the tasks 0 to {count - 1}" if count else "it has no results of tasks"
        raise FusedSpecError(f"{found.name} has no result of task {', '.join(missing)}", hint=there)
    return [output for output in found.outputs if output.task in tasks]


def _asked(told: "list[Told]", head: int | None, *, schema: bool, describe: bool) -> dict[str, list[Any]]:
    """What was asked for besides the facts, read before anything is shown."""
    from fused_spec.cli.outputs.looking import heads, schemas, summaries

    return {
        "head": [] if head is None else list(heads(told, head)),
        "schema": list(schemas(told)) if schema else [],
        "describe": list(summaries(told)) if describe else [],
    }


def _show(
    context: Context, mask: "Redactor", told: "list[Told]", asked: dict[str, list[Any]], left: int, output: str
) -> None:
    from fused_spec.messages.redaction import masked
    from fused_spec.views.documents.json import as_json
    from fused_spec.views.documents.outputs import distributions, results_document, schema_of
    from fused_spec.views.text.outputs import outputs_text, rows_text, schema_text, summary_text
    from fused_spec.views.words.shown import visible_lines

    if output == "json":
        more: dict[int, dict[str, Any]] = {}
        places = {id(one): number for number, one in enumerate(told)}
        for rows in asked["head"]:
            more.setdefault(places[id(rows.told)], {})["head"] = rows.records if rows.text is None else rows.text
        for one, columns in asked["schema"]:
            more.setdefault(places[id(one)], {})["schema"] = schema_of(columns)
        for one, summary in asked["describe"]:
            more.setdefault(places[id(one)], {})["describe"] = distributions(summary)
        context.console.result(as_json(masked(results_document(told, more, left), mask)))
        return
    several = len(told) > 1
    texts = [] if any(asked.values()) else [outputs_text(told, left) if told else "There are no results."]
    for rows in asked["head"]:
        name, text = rows.told.output.name, rows.text
        texts.append(rows_text(name, rows.records, several=several) if text is None else visible_lines(text))
    texts += [schema_text(one.output.name, columns, several=several) for one, columns in asked["schema"]]
    texts += [summary_text(one.output.name, summary, several=several) for one, summary in asked["describe"]]
    for text in texts:
        context.console.result(mask(text))


def _draw(context: Context, api: "FusedReader", found: "Found", told: "list[Told]", map_file: Path) -> list[Path]:
    from fused_spec.cli.outputs.drawing import draw_file
    from fused_spec.cli.outputs.mapping import map_of
    from fused_spec.cli.outputs.task_boxes import task_boxes
    from fused_spec.views.text.outputs import totals

    tasks = task_boxes(api, found) if len(told) == len(found.outputs) else None
    return [draw_file(context, map_of(found.name, told, totals(told), tasks), map_file)]


def _write(context: Context, told: "list[Told]", place: str, form: str | None) -> list[Path]:
    from fused_spec.cli.outputs.looking import written
    from fused_spec.engine.outputs.model import Kind
    from fused_spec.engine.outputs.writing.forms import Form
    from fused_spec.views.text.outputs import saved_text
    from fused_spec.views.words.shown import visible

    path = context.cwd / Path(place).expanduser()
    is_folder = place.endswith("/") or path.is_dir() or not path.suffix
    done = written(told, path, None if form is None else Form(form), is_folder=is_folder)
    for sentence in done.lost:
        context.console.warn(f"Lost: {visible(sentence)}.")
    empty = sum(one.facts.kind is Kind.NOTHING for one in told)
    if empty:
        context.console.warn(f"{empty} of {len(told)} tasks have no result: they returned None, failed or never ran.")
    for line in saved_text(done.paths, sum(one.stat().st_size for one in done.paths)):
        context.console.say(line)
    return list(done.paths)
