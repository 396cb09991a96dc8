"""What a project says has to hold of its variables: checked at every target, where all that are named have a value."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from fused_spec.messages.diagnostics import Diagnostic, Location
from fused_spec.spec.policies.expression import Expression, ExpressionError

_NAMES = ("vars", "target")
_VAR = re.compile(r"""("(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')|\bvar(?=\s*[.\[])""")
"""A text, which stays, or the name by which specs know variables: in CEL that is a reserved word."""


Check = tuple[str, str, str, Location]
"""Of which variable, what has to hold, what is told where it does not, and where that stands."""

Valued = tuple[Any, str]
"""A variable's value, and who gave it."""


def variable_problems(
    checks: Sequence[Check], values: Mapping[str, Valued], target: Mapping[str, Any]
) -> Iterator[Diagnostic]:
    """The checks that do not hold of the values, and those that cannot be used."""
    facts = {"vars": {name: value for name, (value, _) in values.items()}, "target": dict(target)}
    for variable, that, message, place in checks:
        pointer = f"variables.{variable}.check"
        try:
            expression = Expression(_VAR.sub(lambda found: found[1] or "vars", that), _NAMES)
            named = [str(path[1]) for path in expression.fields if path[:1] == ("vars",) and len(path) > 1]
            if any(name not in values for name in named):
                continue  # one that nobody declared is told where specs use it, and one without a value needs none yet
            holds = expression.holds(facts)
        except ExpressionError as error:
            yield Diagnostic(code="bad-check", message=str(error), location=place, pointer=pointer, hint=error.hint)
            continue
        if not holds:
            said = ", ".join(
                f"var.{name} is {values[name][0]} (from {values[name][1]})" for name in dict.fromkeys(named)
            )
            yield Diagnostic(
                code="check-failed",
                message=f"{message}; {said}" if said else message,
                location=place,
                pointer=pointer,
                hint="give one of them another value",
            )
