"""Python source that a spec ships: read as text, and its syntax looked at once; nothing is ever run."""

import ast
import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache

from msgspec import Struct, field

from fused_spec.spec.udfs.allowed_values import Definitions
from fused_spec.spec.udfs.functions import Function, function_of
from fused_spec.spec.udfs.imports import Import, imports_of


class BadSyntax(Struct, frozen=True, kw_only=True):
    """Why the source is no Python; `line` and `column` count from 1."""

    message: str
    line: int
    column: int


def as_text(content: bytes) -> str | BadSyntax:
    """The source as text: UTF-8, without a byte order mark, lines ended by LF alone.

    So a checkout on another system has the same text, and with it the same digest.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        column = error.start - content.rfind(b"\n", 0, error.start)
        return BadSyntax(message="the file is not UTF-8", line=line, column=column)
    return with_unix_lines(text)


def with_unix_lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


class Load(Struct, frozen=True, kw_only=True):
    """A `fused.load("…")` that says literally what it loads; `line` and `column` count from 1."""

    text: str
    line: int
    column: int


class Syntax(Struct, frozen=True, kw_only=True):
    """What the syntax of a source tells.

    `functions` are those at its top level, in their order. `loads` are what it loads or runs by a literal, or by a name
    that is one literal everywhere; in order, each once. `secrets` are those that it reads so. `imports` are modules
    that not every environment has.
    """

    functions: tuple[Function, ...]
    loads: tuple[Load, ...]
    secrets: tuple[Load, ...] = ()
    imports: tuple[Import, ...] = ()


def syntax_of(source: str) -> Syntax | BadSyntax:
    """What the syntax tells, or why there is none."""
    return _remembered(source) if len(source) <= _SHORT else _read(source)


_SHORT = 1 << 16


def _read(source: str) -> Syntax | BadSyntax:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what the compiler finds doubtful is for linters
            module = ast.parse(source)
    except SyntaxError as error:
        return BadSyntax(message=error.msg, line=error.lineno or 1, column=error.offset or 1)
    except (ValueError, RecursionError, MemoryError) as error:
        return BadSyntax(message=_other_failure(error), line=1, column=1)
    names = _Names(module)
    definitions = Definitions.of(module, names.times_stored)
    return Syntax(
        functions=tuple(
            function_of(node, definitions)
            for node in module.body
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        ),
        loads=_literals(names, _loaded) if _may_load(source) else (),
        secrets=_literals(names, _secret_read) if _SECRETS in source else (),
        imports=imports_of(module),
    )


_remembered = lru_cache(maxsize=256)(_read)
"""Many specs of a project share a UDF, and one source is asked for its functions and for its loads."""

_LOADING = ("load", "run", "submit")
_UTILS = "utils"
_SECRETS = "secrets"
_OF_SECRETS = frozenset(dir(dict))  # what it has as a mapping


def _may_load(source: str) -> bool:
    """Whether a word of a load stands in it; a name in other letters may be normalised to one."""
    return not source.isascii() or any(word in source for word in (*_LOADING, _UTILS))


class _Names(Struct):
    """One walk over a source, done when somebody asks: where names get values, and what may load something."""

    module: ast.Module
    _stored: Counter[str] = field(default_factory=Counter)
    _arguments: set[str] = field(default_factory=set)
    _texts: dict[str, str] = field(default_factory=dict)
    _nodes: list[ast.Call | ast.Attribute | ast.Subscript] = field(default_factory=list)
    _walked: bool = False

    def times_stored(self, name: str) -> int:
        """How often the name gets a value, other than as a parameter."""
        self._walk()
        return self._stored[name]

    def constants(self) -> dict[str, str]:
        """The names that are assigned once, and a text; a parameter of the same name may be anything."""
        self._walk()
        return {
            name: text for name, text in self._texts.items() if self._stored[name] == 1 and name not in self._arguments
        }

    def loading(self) -> list[ast.Call | ast.Attribute | ast.Subscript]:
        """Calls, attributes and items, the outer ones first."""
        self._walk()
        return self._nodes

    def _walk(self) -> None:
        if self._walked:
            return
        self._walked = True
        found: list[ast.AST] = [self.module]
        for node in found:  # which grows on the way
            match node:
                case ast.Name(id=name, ctx=ast.Store()):
                    self._stored[name] += 1
                case ast.arg(arg=name):
                    self._arguments.add(name)
                case ast.Call() | ast.Attribute() | ast.Subscript():
                    self._nodes.append(node)
                case ast.Assign(targets=targets, value=ast.Constant(value=str(text))):
                    self._texts.update((target.id, text) for target in targets if isinstance(target, ast.Name))
            found += _children(node)


def _children(node: ast.AST) -> Iterator[ast.AST]:
    """The same as of `ast.iter_child_nodes`, without those that hold nothing to look at."""
    for name in node._fields:
        inside = getattr(node, name, None)
        if isinstance(inside, list):
            for item in inside:
                if isinstance(item, ast.AST) and item._fields:
                    yield item
        elif isinstance(inside, ast.AST) and inside._fields:
            yield inside


def _literals(names: _Names, said: Callable[[ast.AST, Mapping[str, str]], str | None]) -> tuple[Load, ...]:
    constants = names.constants()
    found: dict[str, Load] = {}
    for node in names.loading():
        text = said(node, constants)
        if text is not None:
            place = node.args[0] if isinstance(node, ast.Call) else node
            found.setdefault(text, Load(text=text, line=place.lineno, column=place.col_offset + 1))
    return tuple(sorted(found.values(), key=lambda load: (load.line, load.column)))


def _loaded(node: ast.AST, constants: Mapping[str, str]) -> str | None:
    """What `fused.load(…)`, `fused.run(…)`, `fused.submit(…)` or `fused.utils.NAME` loads."""
    if isinstance(node, ast.Attribute):
        of = node.value
        is_utils = isinstance(of, ast.Attribute) and of.attr == _UTILS and _is_fused(of.value)
        return node.attr if is_utils else None
    if not (isinstance(node, ast.Call) and node.args and _is_loading(node.func)):
        return None
    first = node.args[0]
    text = constants.get(first.id) if isinstance(first, ast.Name) else getattr(first, "value", None)
    return text if isinstance(text, str) else None


def _secret_read(node: ast.AST, constants: Mapping[str, str]) -> str | None:
    """What `fused.secrets["NAME"]`, `fused.secrets.get("NAME")` or `fused.secrets.NAME` reads."""
    match node:
        case ast.Subscript(value=of, slice=key):
            pass
        case ast.Call(func=ast.Attribute(value=of, attr="get"), args=[key, *_]):
            pass
        case ast.Attribute(value=of, attr=name) if name not in _OF_SECRETS:
            return name if _is_secrets(of) else None
        case _:
            return None
    text = constants.get(key.id) if isinstance(key, ast.Name) else getattr(key, "value", None)
    return text if isinstance(text, str) and _is_secrets(of) else None


def _is_secrets(node: ast.expr) -> bool:
    return isinstance(node, ast.Attribute) and node.attr == _SECRETS and _is_fused(node.value)


def _is_fused(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id == "fused"


def _is_loading(function: ast.expr) -> bool:
    return isinstance(function, ast.Attribute) and function.attr in _LOADING and _is_fused(function.value)


def _other_failure(error: Exception) -> str:
    return "the source holds a NUL" if isinstance(error, ValueError) else "the source is nested too deeply"
