"""What the policies of a project find at one target: in a document, or in a plan."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from msgspec import Struct

from fused_spec.messages.diagnostics import Diagnostic, Location, Severity
from fused_spec.spec.checking.fullest import filled
from fused_spec.spec.checking.schema import complete
from fused_spec.spec.documents.document import Document
from fused_spec.spec.documents.positions import Pointer, dotted
from fused_spec.spec.documents.wording import spelt
from fused_spec.spec.policies.blame import blamed
from fused_spec.spec.policies.expression import Expression, ExpressionError
from fused_spec.spec.policies.layers import layer_at
from fused_spec.spec.policies.naming import ANY
from fused_spec.spec.policies.policy import PLAN, Finding, Policy
from fused_spec.spec.policies.rules import Rules
from fused_spec.spec.policies.waiver import Standing


class Subject(Struct, frozen=True, kw_only=True):
    """A change of a plan, or the plan: its facts, the names that waivers know it by, and where it is declared."""

    facts: Mapping[str, Any]
    names: tuple[str, ...]
    location: Location | None = None


class Judge(Struct, frozen=True, kw_only=True):
    """`target` are the words of the target, `used` gathers which waivers spared something."""

    rules: Rules
    target: Mapping[str, str | None]
    today: date
    used: set[str]

    def document(self, document: Document) -> Iterator[Diagnostic]:
        """What is to be told of a document that is right as far as its schema goes."""
        kind = document.kind or ""
        policies = self._on(kind)
        if not policies:
            return
        tree = filled(document.tree, complete(kind))
        facts = {"spec": tree["spec"], "metadata": tree["metadata"], "target": self._target()}
        names = tuple(f"{kind}/{name}" for name in dict.fromkeys((document.name, document.group)) if name is not None)
        for policy in policies:
            if not _is_open(policy, document):
                yield from self._told_of_document(policy, facts, names, document)

    def plan(self, whole: Subject, changes: Sequence[Subject]) -> Iterator[Diagnostic]:
        """What is to be told of a plan, or of each of its changes."""
        for policy in self._on(PLAN):
            for subject in changes if policy.is_of_changes else (whole,):
                yield from self._told_of_plan(policy, subject)

    def _on(self, what: str) -> list[Policy]:
        name = self.target.get("name") or ""
        return [policy for policy in self.rules.policies if policy.on == what and policy.holds_at(name)]

    def _target(self) -> dict[str, str]:
        return {name: value for name, value in self.target.items() if value is not None}

    def _told_of_document(
        self, policy: Policy, facts: Mapping[str, Any], names: Sequence[str], document: Document
    ) -> Iterator[Diagnostic]:
        positions = document.positions
        try:
            findings = list(_findings(policy, facts))
        except ExpressionError as error:
            yield self._untold(policy, error, positions.value(("metadata", "name")), document.name or "")
            return
        for finding in findings:
            location = positions.value(finding.pointer)
            layer = layer_at(location, document, self.rules.files)
            why = f"{finding.why} ({layer})" if layer else finding.why
            yield from self._unless_waived(policy, names, f"{_sentence(policy)}; {why}", location, finding.pointer)

    def _told_of_plan(self, policy: Policy, subject: Subject) -> Iterator[Diagnostic]:
        assert policy.expression is not None or policy.schema is not None  # one of both
        location = subject.location or policy.location
        try:
            found = list(_findings(policy, {**subject.facts, "target": self._target()}))
        except ExpressionError as error:
            yield self._untold(policy, error, location, "the plan")
            return
        for finding in found[:1]:
            why = "" if policy.expression is not None else f"; {finding.why}"
            of = f" ({subject.names[0]})" if subject.location is not None else ""
            yield from self._unless_waived(policy, subject.names, f"{_sentence(policy)}{why}{of}", location, ())

    def _unless_waived(
        self, policy: Policy, names: Sequence[str], message: str, location: Location, pointer: Pointer
    ) -> Iterator[Diagnostic]:
        code = "policy-denied" if policy.severity is Severity.ERROR else "policy-warned"
        hint = f"change it, or waive the policy ({policy.location.path}) with a reason"
        waivers = [waiver for waiver in self.rules.waivers if waiver.fits(policy.name, names)]
        self.used.update(waiver.mark for waiver in waivers)
        if any(waiver.standing(self.today) is Standing.COUNTS for waiver in waivers):
            return
        ended = [waiver for waiver in waivers if waiver.standing(self.today) is Standing.ENDED]
        if ended:
            latest = max(ended, key=lambda waiver: waiver.until)
            code = "waiver-ended"
            message = f"{message}; {latest.ended()}"
            hint = "mend it, or renew the waiver with a reason"
        yield Diagnostic(
            code=code,
            message=message,
            location=location,
            pointer=dotted(pointer),
            hint=hint,
            severity=policy.severity,
        )

    def _untold(self, policy: Policy, error: ExpressionError, location: Location, what: str) -> Diagnostic:
        message = f"policy {policy.name} cannot be told for {what}: {error}"
        hint = f"{error.hint} ({policy.location.path}:{policy.location.line})"
        return Diagnostic(code="policy-untold", message=message, location=location, hint=hint, severity=policy.severity)


def _findings(policy: Policy, facts: Mapping[str, Any]) -> Iterator[Finding]:
    """Raises `ExpressionError` where nobody can tell."""
    if policy.schema is not None:
        from fused_spec.spec.policies.shape import misfits  # with jsonschema, which few policies need

        yield from misfits(policy.schema, facts)
    elif policy.expression is not None and policy.expression.holds(facts):
        pointer = blamed(policy.expression, facts)
        yield Finding(pointer, _said(policy.expression, pointer, facts))


def _said(expression: Expression, pointer: Pointer, facts: Mapping[str, Any]) -> str:
    value: Any = facts
    for step in pointer:
        if isinstance(value, dict) and step not in value:
            return f"there is no {dotted(pointer)}"
        value = value[step]
    shown = spelt(value, pointer) if not isinstance(value, dict | list) else f"{len(value)} in it"
    return f"{dotted(pointer)} is {shown}" if not isinstance(value, dict | list) else f"{dotted(pointer)} has {shown}"


def _sentence(policy: Policy) -> str:
    return f"policy {policy.name}: {policy.message}" if policy.message else f"policy {policy.name}"


def _is_open(policy: Policy, document: Document) -> bool:
    """Whether it looks at what nobody has given yet."""
    if not document.holes:
        return False
    if policy.expression is None:
        return True
    paths = [tuple(path[: path.index(ANY)] if ANY in path else path) for path in policy.expression.fields]
    return any(path[: len(hole)] == hole or hole[: len(path)] == path for path in paths for hole in document.holes)
