"""What else is to be known of columns as a file has them: text that is none, and the index of pandas."""

import json
from collections.abc import Mapping

import pyarrow as pa


def check_text(table: pa.Table, first_row: int) -> None:
    """Raise `pa.ArrowInvalid` for text that is no UTF-8, with its row; Parquet's readers do not look."""
    for name, column in zip(table.column_names, table.columns, strict=True):
        if "string" not in str(column.type):
            continue
        try:
            column.validate(full=True)
        except pa.ArrowInvalid as error:
            raise pa.ArrowInvalid(
                f"column {name} is no UTF-8 text{_row(column, first_row)}; write it again as UTF-8, or as bytes"
            ) from error


def _row(column: pa.ChunkedArray, first_row: int) -> str:
    """Words for the row of the first value that is not text, where one is a whole value."""
    try:
        values = column.cast(pa.large_binary()).to_pylist()
    except pa.ArrowException:
        return ""
    for number, value in enumerate(values):
        try:
            (value or b"").decode()
        except UnicodeDecodeError:
            return f" in row {first_row + number + 1:,}"
    return ""


def lost_index(texts: Mapping[bytes, bytes]) -> list[str]:
    """What of pandas' index is only in the metadata of a file, and so in no column."""
    try:
        indices = json.loads(texts.get(b"pandas", b"{}"))["index_columns"]
        ranges = [one for one in indices if isinstance(one, dict) and one["kind"] == "range"]
        told = [one for one in ranges if (one["start"], one["step"], one["name"]) != (0, 1, None)]
        return [
            f"the index of pandas, {one['name'] or 'without a name'} from {one['start']} in steps of {one['step']}, is "
            "no column of the file; reset_index() before writing makes it one"
            for one in told
        ]
    except (ValueError, KeyError, TypeError):  # metadata of somebody else, or of an old pandas, which has columns
        return []
