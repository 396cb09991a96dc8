"""A field that takes a value of another type than what the name in it stands for."""

import re
from collections.abc import Mapping

from fused_spec.messages.diagnostics import Diagnostic
from fused_spec.spec.documents.positions import Pointer
from fused_spec.spec.documents.wording import either
from fused_spec.spec.language.names.fields import types_at
from fused_spec.spec.language.project.variable import TYPES, Variable

_VARIABLE = re.compile(r"var\.(\w+) \(|var\.(\w+)$")
_NAMED = re.compile(r"(?:var|matrix|env|target|project)\.[\w.]+(?: \(.*\))?")
_VARIABLES = {"string": "string", "number": "number", "integer": "number", "boolean": "boolean", "array": "list"}
_MOST = 5


def of_another_type(
    problem: Diagnostic, kind: str | None, pointer: Pointer, via: str, variables: Mapping[str, Variable]
) -> Diagnostic:
    """The problem with a value's type, where it is that of a name: with the variables that would do."""
    wanted = {_VARIABLES.get(one, "object") for one in types_at(kind or "", pointer) if one != "null"}
    found = _VARIABLE.match(via)
    variable = variables.get(found[1] or found[2]) if found is not None else None
    if _NAMED.fullmatch(via) is None or (variable is not None and variable.type in wanted):
        return problem  # the name is within a text
    fitting = [f"var.{name}" for name, one in variables.items() if one.type in wanted]
    hints = []
    if variable is not None:
        hints.append(f"var.{variable.name} is declared as {variable.type} at {variable.where()}")
    if fitting:
        nouns = either(dict.fromkeys(TYPES[one][0] for one in TYPES if one in wanted))
        hints.append(f"{nouns}: {', '.join(fitting[:_MOST])}{' …' if len(fitting) > _MOST else ''}")
    message = problem.message
    if variable is not None and " " not in via:  # nobody gave it a value yet
        message = f"{message.partition(', not ')[0]}, and {via} is {TYPES[variable.type][0]}"
    return Diagnostic(
        code="name-of-another-type",
        message=message,
        location=problem.location,
        pointer=problem.pointer,
        hint="; ".join(hints) or problem.hint,
        severity=problem.severity,
    )
