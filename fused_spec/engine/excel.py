"""A table as the one sheet of an Excel file; it needs the package openpyxl."""

import importlib.util
import re
from io import BytesIO

import pandas as pd

from fused_spec.engine.stored import Content, Unstorable

_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_LONGEST_TEXT = 32_767
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")


def write_excel(table: pd.DataFrame) -> Content:
    """The table with a row of column names; times with a zone become text. Raises `Unstorable`."""
    if importlib.util.find_spec("openpyxl") is None:
        raise Unstorable("excel needs the package openpyxl: pip install 'fused-spec[excel]', or ask for csv")
    _check_texts(table)
    zoned = {name: str for name, dtype in table.dtypes.items() if isinstance(dtype, pd.DatetimeTZDtype)}
    buffer = BytesIO()
    try:
        with pd.ExcelWriter(buffer, engine="openpyxl") as writer:
            table.astype(zoned).to_excel(writer, index=False, sheet_name="udf")
            for row in writer.sheets["udf"].iter_rows():
                for cell in row:
                    if cell.data_type == "f":  # text that begins with =, which is to stay what it is
                        cell.data_type = "s"
    except (ValueError, NotImplementedError) as error:
        raise Unstorable(f"the returned table cannot be stored as Excel: {error}; ask for csv or parquet") from error
    return Content(suffix="xlsx", content_type=_TYPE, content=buffer.getvalue())


def _check_texts(table: pd.DataFrame) -> None:
    for name, column in table.items():
        for value in column:
            if isinstance(value, str) and (len(value) > _LONGEST_TEXT or _CONTROL.search(value)):
                raise Unstorable(
                    f"column {name} holds a text that Excel cannot: one of more than {_LONGEST_TEXT} characters, or "
                    "with a control character; ask for csv or parquet"
                )
