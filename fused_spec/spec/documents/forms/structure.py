"""Where the blocks, the values and the comments of a YAML text are, by its lines.

Lines and columns count from 0. Only what YAML's own scanner tells is believed, but for the lines of a block scalar,
whose end the scanners tell differently.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

from msgspec import Struct, field
from yaml import YAMLError, tokens

from fused_spec.spec.documents.parser import FastestParser
from fused_spec.spec.documents.surrogates import Pairs


class Unusual(Exception):  # a signal within this package
    """The text holds something whose lines nobody moves: `? ` before a key, a tag, an alias."""


class Level(NamedTuple):
    """A mapping or list in block style that is open: the column that it has, and the one that it gets."""

    old: int
    new: int
    is_list: bool
    is_own: bool = True
    """Whether it has an end of its own; a list at the column of its key has none."""


class Scalar(NamedTuple):
    start: int
    end: int
    style: str | None


class Structure(Struct):
    """What is known of the lines: the column that each gets, how far others move, and which are not to be touched.

    `levels` are those that are open where a line begins one of their entries; `gaps` are the places between a hyphen
    and what follows it on its line; `keys` are the places of the keys of each document's mapping.
    """

    columns: dict[int, int] = field(default_factory=dict)
    moves: dict[int, int] = field(default_factory=dict)
    levels: dict[int, tuple[Level, ...]] = field(default_factory=dict)
    inside: set[int] = field(default_factory=set)
    scalars: dict[int, Scalar] = field(default_factory=dict)
    gaps: list[tuple[int, int]] = field(default_factory=list)
    documents: list["Keys"] = field(default_factory=list)


class Keys(Struct):
    """The keys of one document's mapping: their lines and what they are called.

    Where a value keeps the empty lines behind it, no part of the document can be moved.
    """

    begins: int
    lines: list[int] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    keeps_empty_lines: bool = False


def structure_of(text: str) -> Structure:
    """Raises `Unusual`, of what is no YAML as well."""
    try:
        return _Walk(text).walk()
    except YAMLError as error:
        raise Unusual from error


class _Walk:
    def __init__(self, text: str) -> None:
        self._text = text
        self._lines = text.split("\n")
        self._found = Structure(documents=[Keys(begins=0)])
        self._stack: list[Level] = []
        self._flow = 0
        self._flow_start: Any = None
        self._dash: Any = None
        self._is_key = False

    def walk(self) -> Structure:
        for token in _tokens(self._text):
            self._take(token)
        return self._found

    def _take(self, token: Any) -> None:
        kind, mark = type(token), token.start_mark
        if kind in (tokens.TagToken, tokens.AliasToken, tokens.AnchorToken, tokens.DirectiveToken):
            raise Unusual
        if kind is tokens.DocumentStartToken:
            self._stack.clear()
            self._found.documents.append(Keys(begins=mark.line + 1))
        elif kind is tokens.BlockMappingStartToken or kind is tokens.BlockSequenceStartToken:
            self._stack.append(Level(mark.column, self._inner, kind is tokens.BlockSequenceStartToken))
        elif kind is tokens.BlockEndToken:
            self._close()
        elif kind is tokens.BlockEntryToken:
            self._entry(mark)
        elif kind is tokens.KeyToken and not self._flow:
            self._key(mark)
        elif kind in (tokens.FlowMappingStartToken, tokens.FlowSequenceStartToken):
            self._open_flow(mark)
        elif kind in (tokens.FlowMappingEndToken, tokens.FlowSequenceEndToken):
            self._close_flow(token)
        elif kind is tokens.ScalarToken:
            self._scalar(token)

    @property
    def _inner(self) -> int:
        """The column of what is inside the innermost level."""
        return self._stack[-1].new + 2 if self._stack else 0

    @property
    def _shift(self) -> int:
        return self._stack[-1].new - self._stack[-1].old if self._stack else 0

    def _close(self) -> None:
        if self._stack and not self._stack[-1].is_own:
            self._stack.pop()
        self._stack.pop()

    def _entry(self, mark: Any) -> None:
        top = self._stack[-1]
        if not top.is_list:
            self._stack.append(Level(mark.column, top.new + 2, is_list=True, is_own=False))
        self._begin(mark, self._stack[-1].new)
        self._dash = mark

    def _key(self, mark: Any) -> None:
        if self._text[mark.index : mark.index + 2] in ("? ", "?\n", "?"):
            raise Unusual
        if self._stack[-1].is_list and not self._stack[-1].is_own:
            self._stack.pop()
        self._begin(mark, self._stack[-1].new)
        self._is_key = len(self._stack) == 1
        if self._is_key:
            self._found.documents[-1].lines.append(mark.line)

    def _begin(self, mark: Any, column: int) -> None:
        """An entry of a block begins here: at the beginning of its line, or behind a hyphen."""
        self._behind_dash(mark)
        if self._is_first(mark):
            self._found.columns[mark.line] = column
            self._found.levels[mark.line] = tuple(self._stack)

    def _behind_dash(self, mark: Any) -> None:
        if self._dash is not None and self._dash.line == mark.line:
            self._found.gaps.append((self._dash.index + 1, mark.index))
        self._dash = None

    def _is_first(self, mark: Any) -> bool:
        return not self._lines[mark.line][: mark.column].strip(" ")

    def _value(self, mark: Any) -> int:
        """A value begins here; how far the lines that it goes on in move."""
        self._behind_dash(mark)
        if not self._is_first(mark) or not self._stack:
            return self._shift
        if mark.line not in self._found.columns:
            self._found.columns[mark.line] = self._inner
            self._found.levels[mark.line] = tuple(self._stack)
            return self._inner - int(mark.column)
        return self._shift

    def _open_flow(self, mark: Any) -> None:
        if not self._flow:
            self._flow_start = (mark, self._value(mark))
        self._flow += 1

    def _close_flow(self, token: Any) -> None:
        self._flow -= 1
        if not self._flow:
            mark, shift = self._flow_start
            self._move(mark.line + 1, token.end_mark.line, shift)

    def _scalar(self, token: Any) -> None:
        start, end = token.start_mark, token.end_mark
        if self._is_key:
            self._found.documents[-1].names.append(token.value)
            self._is_key = False
        if self._flow:
            self._found.inside.update(range(start.line, end.line))
        elif token.style in ("|", ">"):
            self._value(start)
            self._block(start)
            return
        else:
            shift = self._value(start)
            if end.line > start.line:
                self._found.inside.update(range(start.line, end.line))
                self._move(start.line + 1, end.line, shift)
        self._found.scalars[start.index] = Scalar(start.index, end.index, token.style or None)

    def _block(self, mark: Any) -> None:
        """The lines of a block scalar, with those at its end that are part of what it says."""
        header = self._lines[mark.line][mark.column :].split(" ")[0]
        digits = [sign for sign in header if sign.isdigit()]
        parent = self._stack[-1].old if self._stack else -1
        last, margin = mark.line, parent + int(digits[0]) if digits else None
        for number in range(mark.line + 1, len(self._lines)):
            line = self._lines[number]
            if not line.strip(" ") and (margin is None or len(line) <= margin):
                continue
            indent = len(line) - len(line.lstrip(" "))
            margin = max(indent, parent + 1) if margin is None else margin
            if indent < margin:
                break
            last = number
        else:
            number = len(self._lines) - (not self._lines[-1])
        if "+" in header:
            self._found.documents[-1].keeps_empty_lines = True
        end = number if "+" in header else last + 1
        self._found.inside.update(range(mark.line + 1, end))
        self._move(mark.line + 1, end - 1, self._shift)

    def _move(self, first: int, last: int, shift: int) -> None:
        for number in range(first, last + 1):
            self._found.moves[number] = shift


def _tokens(text: str) -> Iterator[Any]:
    scanner = FastestParser(Pairs(text, FastestParser).for_parser)
    while scanner.check_token():
        yield scanner.get_token()
