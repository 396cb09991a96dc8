"""Python source that a spec ships: read as text, parsed, its functions known; nothing is ever run.

The functions of a UDF's code are looked at as far as the syntax tells: names, decorators and parameters.
"""

import ast
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from fused_spec.spec.udfs.allowed_values import Allowed, Definitions
from fused_spec.spec.udfs.argument_kinds import wanted_instead


@dataclass(frozen=True, slots=True, kw_only=True)
class Function:
    """A function at the top level of the source.

    `required` are the parameters without a default, in order; `open_ended` means that it takes any further keyword.
    `annotations` are the plain names that stand behind parameters, as `int`; `allowed` are the values that others list.
    `default_parameters` is None when the
    decorator computes them.
    """

    name: str
    line: int
    column: int
    is_udf: bool
    parameters: tuple[str, ...]
    required: tuple[str, ...]
    open_ended: bool
    annotations: Mapping[str, str] = field(default_factory=dict)
    allowed: Mapping[str, Allowed] = field(default_factory=dict)
    default_parameters: Mapping[str, Any] | None = field(default_factory=dict)
    decorator_headers: bool = False

    def wanted_instead(self, name: str, value: Any) -> str | None:
        """What a parameter wants, in words; None when the value fits it, or nothing is known of it."""
        if (allowed := self.allowed.get(name)) is not None:
            return allowed.wanted_instead(value)
        return wanted_instead(value, self.annotations.get(name))


@dataclass(frozen=True, slots=True, kw_only=True)
class BadSyntax:
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


def functions_of(source: str) -> list[Function] | BadSyntax:
    """The functions at the top level, in their order."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what the compiler finds doubtful is for linters
            module = ast.parse(source)
    except SyntaxError as error:
        return BadSyntax(message=error.msg, line=error.lineno or 1, column=error.offset or 1)
    except (ValueError, RecursionError, MemoryError) as error:
        return BadSyntax(message=_other_failure(error), line=1, column=1)
    definitions = Definitions.of(module)
    return [
        _function(node, definitions) for node in module.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """A `fused.load("…")` that says literally what it loads; `line` and `column` count from 1."""

    text: str
    line: int
    column: int


_LOADING = ("load", "run", "submit")


def loads_of(source: str) -> list[Load]:
    """What the source loads or runs by a literal, or by a name that is one literal everywhere; in order, each once.

    A source that is no Python loads nothing here.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            module = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []
    constants = _constants(module)
    found: dict[str, Load] = {}
    for node in ast.walk(module):
        text = _loaded(node, constants)
        if text is not None and isinstance(node, ast.expr):
            place = node.args[0] if isinstance(node, ast.Call) else node
            found.setdefault(text, Load(text=text, line=place.lineno, column=place.col_offset + 1))
    return sorted(found.values(), key=lambda load: (load.line, load.column))


def _loaded(node: ast.AST, constants: Mapping[str, str]) -> str | None:
    """What `fused.load(…)`, `fused.run(…)`, `fused.submit(…)` or `fused.utils.NAME` loads."""
    if isinstance(node, ast.Attribute):
        of = node.value
        is_utils = isinstance(of, ast.Attribute) and of.attr == "utils" and _is_fused(of.value)
        return node.attr if is_utils else None
    if not (isinstance(node, ast.Call) and node.args and _is_loading(node.func)):
        return None
    first = node.args[0]
    text = constants.get(first.id) if isinstance(first, ast.Name) else getattr(first, "value", None)
    return text if isinstance(text, str) else None


def _is_fused(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id == "fused"


def _is_loading(function: ast.expr) -> bool:
    return isinstance(function, ast.Attribute) and function.attr in _LOADING and _is_fused(function.value)


def _constants(module: ast.Module) -> dict[str, str]:
    """The names that are assigned once, and a text; a parameter of the same name may be anything."""
    values: dict[str, list[str | None]] = {}
    for node in ast.walk(module):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            values.setdefault(node.id, []).append(None)
        elif isinstance(node, ast.arg):
            values.setdefault(node.arg, []).extend((None, None))
    for node in ast.walk(module):
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            for target in node.targets:
                if isinstance(target, ast.Name):
                    values[target.id][0] = node.value.value
    return {name: found[0] for name, found in values.items() if len(found) == 1 and found[0] is not None}


def _other_failure(error: Exception) -> str:
    return "the source holds a NUL" if isinstance(error, ValueError) else "the source is nested too deeply"


def _function(node: ast.FunctionDef | ast.AsyncFunctionDef, definitions: Definitions) -> Function:
    spec = node.args
    positional = [*spec.posonlyargs, *spec.args]
    required = positional[: len(positional) - len(spec.defaults)]
    required += [
        argument for argument, default in zip(spec.kwonlyargs, spec.kw_defaults, strict=True) if default is None
    ]
    decorator = next((one for one in node.decorator_list if _is_udf(one)), None)
    keywords = _keywords(decorator)
    return Function(
        name=node.name,
        line=node.lineno,
        column=node.col_offset + 1,
        is_udf=decorator is not None,
        parameters=tuple(argument.arg for argument in [*positional, *spec.kwonlyargs]),
        required=tuple(argument.arg for argument in required),
        open_ended=spec.kwarg is not None,
        annotations={
            argument.arg: argument.annotation.id
            for argument in [*positional, *spec.kwonlyargs]
            if isinstance(argument.annotation, ast.Name)
        },
        allowed={
            argument.arg: allowed
            for argument in [*positional, *spec.kwonlyargs]
            if (allowed := definitions.allowed(argument.annotation)) is not None
        },
        default_parameters=_literal(keywords.get("default_parameters")),
        decorator_headers="headers" in keywords,
    )


def _is_udf(decorator: ast.expr) -> bool:
    """`@fused.udf`, `@fused.udf(…)`, and the same after `from fused import udf`."""
    target = decorator.func if isinstance(decorator, ast.Call) else decorator
    if isinstance(target, ast.Attribute):
        return target.attr == "udf"
    return isinstance(target, ast.Name) and target.id == "udf"


def _keywords(decorator: ast.expr | None) -> dict[str | None, ast.expr]:
    return {keyword.arg: keyword.value for keyword in decorator.keywords} if isinstance(decorator, ast.Call) else {}


def _literal(node: ast.expr | None) -> Mapping[str, Any] | None:
    """The mapping that stands there literally; None when it is computed."""
    if node is None:
        return {}
    try:
        value = ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, RecursionError):
        return None
    return value if isinstance(value, dict) else None
