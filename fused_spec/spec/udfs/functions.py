"""A function at the top level of a source, as far as its syntax tells: names, decorators and parameters."""

import ast
from collections.abc import Mapping
from typing import Any

from msgspec import Struct, field

from fused_spec.spec.udfs.allowed_values import Allowed, Definitions
from fused_spec.spec.udfs.argument_kinds import wanted_instead, words_of


class Function(Struct, frozen=True, kw_only=True):
    """A function at the top level of the source.

    `required` are the parameters without a default, in order; `open_ended` means that it takes any further keyword.
    `annotations` are the kinds that stand behind parameters, as `int|list`; `allowed` are the values that
    others list.
    `default_parameters` are the names of those that the decorator gives, None when it computes them.
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
    default_parameters: tuple[str, ...] | None = ()
    decorator_headers: bool = False

    def wanted_instead(self, name: str, value: Any) -> str | None:
        """What a parameter wants, in words; None when the value fits it, or nothing is known of it."""
        if (allowed := self.allowed.get(name)) is not None:
            return allowed.wanted_instead(value)
        return wanted_instead(value, self.annotations.get(name))


def function_of(node: ast.FunctionDef | ast.AsyncFunctionDef, definitions: Definitions) -> Function:
    """What the definition says; `definitions` are those that its annotations may name."""
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
            argument.arg: words
            for argument in [*positional, *spec.kwonlyargs]
            if argument.annotation is not None and (words := words_of(argument.annotation))
        },
        allowed={
            argument.arg: allowed
            for argument in [*positional, *spec.kwonlyargs]
            if (allowed := definitions.allowed(argument.annotation)) is not None
        },
        default_parameters=_names(keywords.get("default_parameters")),
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


def _names(node: ast.expr | None) -> tuple[str, ...] | None:
    """The keys of the mapping that stands there literally; None when it is computed."""
    if node is None:
        return ()
    try:
        value = ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, RecursionError):
        return None
    return tuple(value) if isinstance(value, dict) else None
