"""A policy: what it looks at, what it holds of that, and how bad it is."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from fused_spec.messages.diagnostics import Location, Severity
from fused_spec.spec.documents.positions import Pointer
from fused_spec.spec.policies.expression import Expression

PLAN = "plan"
OF_DOCUMENTS = ("spec", "metadata", "target")
OF_PLANS = ("plan", "change", "target")


class Policy(NamedTuple):
    """`schema` is given where there is no expression; `targets` is empty for all."""

    name: str
    on: str
    severity: Severity
    location: Location
    expression: Expression | None = None
    schema: Mapping[str, Any] | None = None
    message: str | None = None
    targets: tuple[str, ...] = ()

    def holds_at(self, target: str) -> bool:
        return not self.targets or target in self.targets

    @property
    def names_target(self) -> bool:
        """Whether what it finds may differ between targets whose specs are alike."""
        named = self.expression is not None and any(path[0] == "target" for path in self.expression.fields)
        return bool(self.targets) or named or self.schema is not None

    @property
    def is_of_changes(self) -> bool:
        """Whether it looks at each change of a plan, and not at the plan as a whole."""
        return self.expression is not None and any(path[0] == "change" for path in self.expression.fields)


class Finding(NamedTuple):
    """What a policy found: where in the document, and what to say of it."""

    pointer: Pointer
    why: str
