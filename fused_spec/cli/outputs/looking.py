"""What is asked of outputs besides their facts: some rows, columns, distributions, and files of them."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from msgspec import Struct

from fused_spec.engine.outputs.model import Column, Kind, Told, UnreadableOutput
from fused_spec.engine.outputs.summaries import Summary, summarized
from fused_spec.engine.outputs.tables import opened
from fused_spec.engine.outputs.writing.forms import Form

_PLAIN = 1024 * 1024  # bytes of a JSON or a text that is shown
_SHOWN = (Kind.JSON, Kind.TEXT)


class Rows(Struct, frozen=True):
    """The first rows of an output, or the text of one that has none."""

    told: Told
    records: Sequence[Mapping[str, Any]] | None
    text: str | None = None


def tables_in(outputs: Sequence[Told], asked: str) -> list[Told]:
    """The tables among them; raises `UnreadableOutput` when there is none, or one that cannot be read."""
    tables = [told for told in outputs if told.facts.kind is Kind.TABLE]
    for told in tables:
        if told.facts.problem:
            raise UnreadableOutput(f"{told.output.name}: {told.facts.problem}")
    if not tables:
        kinds = ", ".join(sorted({told.facts.kind for told in outputs})) or "none"
        raise UnreadableOutput(f"{asked} is for tables, and there is none among these results ({kinds})")
    return tables


def heads(outputs: Sequence[Told], count: int) -> Iterator[Rows]:
    """The first rows over all outputs, in order, until there are enough; JSON and text as they are."""
    from fused_spec.engine.outputs.records import records

    whole = [told for told in outputs if told.facts.kind in _SHOWN]
    left = count
    for told in whole or tables_in(outputs, "--head"):
        if left <= 0:
            return
        if told.facts.kind in _SHOWN:
            yield Rows(told, None, _text(told))
            left -= 1
            continue
        with opened(told.output) as table:
            found = records(table.head(left))
        left -= len(found)
        yield Rows(told, found)


def _text(told: Told) -> str:
    content, size = told.output.files[0].open().tail(_PLAIN)
    if size > len(content):
        content = told.output.files[0].open().part(0, _PLAIN)
    return content.decode("utf-8", "replace")


def schemas(outputs: Sequence[Told]) -> Iterator[tuple[Told, tuple[Column, ...]]]:
    """Each table with its columns."""
    for told in tables_in(outputs, "--schema"):
        yield told, told.facts.columns or ()


def summaries(outputs: Sequence[Told]) -> Iterator[tuple[Told, Summary]]:
    """Each table with how its values are distributed; every row is read."""
    for told in tables_in(outputs, "--describe"):
        with opened(told.output) as table:
            yield told, summarized(table)


class Written(Struct, frozen=True):
    """The files that were written, and what their forms lose."""

    paths: tuple[Path, ...]
    lost: tuple[str, ...]


def written(outputs: Sequence[Told], place: Path, form: Form | None, *, is_folder: bool) -> Written:
    """Write outputs into a folder, a file for each, or together into one file."""
    from fused_spec.engine.outputs.writing.saving import save_each, save_together

    lost: dict[str, None] = {}
    if is_folder:
        paths = tuple(save_each(outputs, place, form, lost.setdefault))
    else:
        paths = (save_together(outputs, place, form, lost.setdefault),)
    return Written(paths, tuple(lost))
