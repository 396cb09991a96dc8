"""Read a stored table back with readers that are none of ours, and compare its cells."""

import csv
import io
import json
from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from html.parser import HTMLParser
from typing import Any
from xml.etree import ElementTree

import mapbox_vector_tile
import numpy as np
import openpyxl
import pandas as pd
import pyarrow.feather as pf
import pyarrow.parquet as pq

Columns = Mapping[str, list[Any]]


class _Cells(HTMLParser):
    """The rows of a page's one table."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self._inside = False

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")
        self._inside = tag in ("td", "th")

    def handle_endtag(self, tag: str) -> None:
        self._inside = self._inside and tag not in ("td", "th")

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.rows[-1][-1] += data


def _columns(names: list[str], rows: list[Any]) -> Columns:
    return {name: [row[number] for row in rows] for number, name in enumerate(names)}


def _records(records: list[dict[str, Any]]) -> Columns:
    names = list(dict.fromkeys(name for record in records for name in record))
    return {name: [record.get(name) for record in records] for name in names}


def _html(content: bytes) -> Columns:
    page = _Cells()
    page.feed(content.decode())
    names, *rows = page.rows
    return _columns(names[1:], [row[1:] for row in rows])


def _csv(content: bytes) -> Columns:
    names, *rows = list(csv.reader(io.StringIO(content.decode(), newline="")))
    return _columns(names, rows)


def _excel(content: bytes) -> Columns:
    names, *rows = list(openpyxl.load_workbook(io.BytesIO(content)).active.iter_rows(values_only=True))
    return _columns([str(name or "") for name in names], rows)


def _xml(content: bytes) -> Columns:
    return _records([{cell.tag: cell.text for cell in row} for row in ElementTree.fromstring(content)])


def _mvt(content: bytes) -> Columns:
    return _records([feature["properties"] for feature in mapbox_vector_tile.decode(content)["udf"]["features"]])


READERS: Mapping[str, Callable[[bytes], Columns]] = {
    "parquet": lambda content: pq.read_table(io.BytesIO(content)).to_pydict(),
    "feather": lambda content: pf.read_table(io.BytesIO(content)).to_pydict(),
    "json": lambda content: _records(json.loads(content)),
    "geojson": lambda content: _records([one["properties"] for one in json.loads(content)["features"]]),
    "csv": _csv,
    "html": _html,
    "xml": _xml,
    "excel": _excel,
    "mvt": _mvt,
}


def is_missing(value: Any) -> bool:
    return value is None or value is pd.NA or value is pd.NaT or (isinstance(value, float) and value != value)


def is_same(value: Any, back: Any) -> bool:
    """Whether a cell that was read is the value that was stored, in the form that a text or a number can have."""
    if is_missing(value):
        return back in (None, "", "NaN", "NaT", "<NA>") or is_missing(back)
    match value:
        case str():
            return bool(back == value)
        case bool() | np.bool_():
            return str(back).lower() == str(value).lower()
        case int() | np.integer():
            return bool(back == int(value)) if isinstance(back, int | float) else int(back) == int(value)
        case float() | np.floating():
            return float(back) == float(value) or np.dtype(type(value)).type(back) == value
        case Decimal():
            return Decimal(str(back)) == value
        case pd.Period() | pd.Interval():
            return str(back) == str(value)
        case datetime():
            return bool(pd.Timestamp(back) == pd.Timestamp(value))
        case timedelta():
            return bool(pd.Timedelta(back) == pd.Timedelta(value))
        case date():
            return str(back)[:10] == value.isoformat()
        case time():
            return time.fromisoformat(str(back)) == value
        case bytes():
            return bool(back == value)
    held = json.loads(back) if isinstance(back, str) else back
    if isinstance(value, Mapping):
        return held.keys() == value.keys() and all(is_same(item, held[key]) for key, item in value.items())
    return len(held) == len(value) and all(map(is_same, value, held))
