"""Tables as CSV, HTML and XML."""

import csv
import re
from collections.abc import Sequence
from html import escape
from typing import Any, Literal

import pandas as pd

from fused_spec.engine.results.stored import Tell, Unstorable
from fused_spec.engine.results.tables.cells import tell_empty_texts, text_columns, without_returns
from fused_spec.engine.results.tables.flat import without_geometry
from fused_spec.engine.results.tables.frames import with_index

_NO_XML_NAME = r"^(?=[^A-Za-z_]|$)|[^A-Za-z0-9_.-]"
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def as_csv(table: pd.DataFrame, tell: Tell, *, header: bool = True) -> bytes:
    texts = text_columns(without_geometry(with_index(table), "CSV", tell), "CSV", tell)
    tell_empty_texts(texts, "CSV", tell)
    # Python before 3.13 writes a carriage return without quotes, and readers end the line there.
    cells = (value for name, column in texts.items() for value in (name, *_objects(column)))
    breaks = any(isinstance(value, str) and "\r" in value for value in cells)
    quoting: Literal[0, 2] = csv.QUOTE_NONNUMERIC if breaks else csv.QUOTE_MINIMAL
    return str(texts.to_csv(index=False, header=header, quoting=quoting, lineterminator="\n")).encode()


def as_html(table: pd.DataFrame, tell: Tell) -> bytes:
    """A table of rows with their labels; that of pandas would cut digits and line ends, and strip texts."""
    texts = text_columns(without_geometry(table, "HTML", tell), "HTML", tell)
    tell_empty_texts(texts, "HTML", tell)
    levels = [texts.index.get_level_values(level) for level in range(texts.index.nlevels)]
    heads = [_row("th", [*("" if name is None else name for name in texts.index.names), *texts.columns])]
    columns = [list(texts.iloc[:, number]) for number in range(len(texts.columns))]
    rows = [
        _row("th", [level[row] for level in levels], _row("td", [column[row] for column in columns]))
        for row in range(len(texts))
    ]
    lines = ["<thead>", *map(_table_row, heads), "</thead>", "<tbody>", *map(_table_row, rows), "</tbody>"]
    return "\n".join(['<table border="1" class="dataframe">', *lines, "</table>"]).encode()


def _table_row(cells: str) -> str:
    return f"<tr>{cells}</tr>"


def _row(tag: str, cells: Sequence[Any], more: str = "") -> str:
    return "".join(f"<{tag}>{_shown(cell)}</{tag}>" for cell in cells) + more


def _shown(cell: Any) -> str:
    """A cell as text; a missing one is empty."""
    return "" if pd.api.types.is_scalar(cell) and pd.isna(cell) else escape(str(cell), quote=False)


def as_xml(table: pd.DataFrame, tell: Tell) -> bytes:
    flat = text_columns(without_geometry(with_index(table), "XML", tell), "XML", tell).reset_index(drop=True)
    tell_empty_texts(flat, "XML", tell)
    flat = without_returns(flat, "XML", tell)
    for name, column in flat.items():
        if any(isinstance(value, str) and _NO_XML.search(value) for value in _objects(column)):
            raise Unstorable(f"column {name} holds a text with a control character, which XML cannot; ask for json")
    names = flat.columns.astype(str).str.replace(_NO_XML_NAME, "_", regex=True)
    if not names.is_unique:
        twice = names[names.duplicated()][0]
        raise Unstorable(f"two columns of the returned table are named {twice} in XML; rename one of them")
    for name, written in zip(flat.columns, names, strict=True):
        if name != written:
            tell(f"column {name}: it is called {written}, since XML allows no other characters in a name")
    flat.columns = names
    content: bytes = flat.to_xml(index=False, parser="etree").encode()
    return content


def _objects(column: pd.Series) -> pd.Series:
    return column if column.dtype == "object" else column.iloc[:0]
