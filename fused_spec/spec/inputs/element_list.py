"""The elements of an input that stand in a file of their own, and where each stands in it."""

from array import array
from typing import Any

from msgspec import Struct, field

from fused_spec.messages.diagnostics import Location


class Elements(Struct, frozen=True, kw_only=True):
    """One value for each task; `lines` and `columns` say where it begins in `file`, which is named from the root on.

    Nothing in them refers to anything: `{file: …}` and `{output_of: …}` are words of specs.
    """

    file: str
    values: list[Any] = field(default_factory=list)
    lines: "array[int]" = field(default_factory=lambda: array("L"))
    columns: "array[int]" = field(default_factory=lambda: array("L"))

    def add(self, value: Any, line: int, column: int = 1) -> None:
        self.values.append(value)
        self.lines.append(line)
        self.columns.append(column)

    def place(self, index: int) -> Location:
        return Location(path=self.file, line=self.lines[index], column=self.columns[index])


class BadElements(Exception):  # a signal within the reading, told as a `Trouble`
    """Why a file holds no elements, and at which place of it."""

    def __init__(self, message: str, hint: str, line: int = 1, column: int = 1, *, code: str = "bad-elements") -> None:
        super().__init__(message)
        self.message, self.hint, self.line, self.column, self.code = message, hint, line, column, code


PARTS = "let each element name a part of a table, such as the number of a chunk, and read that part in the UDF"
"""What to do with more data than belongs into elements."""
