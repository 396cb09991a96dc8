"""The policies and waivers of a project, read from its file and those that it includes; checked where they stand."""

from collections.abc import Collection, Iterator, Sequence
from datetime import date
from typing import Any, NamedTuple

from fused_spec.messages.diagnostics import Diagnostic, Severity, guess, nearest
from fused_spec.spec.documents.document import Document
from fused_spec.spec.documents.positions import Pointer, dotted
from fused_spec.spec.policies.expression import Expression, ExpressionError
from fused_spec.spec.policies.policy import OF_DOCUMENTS, OF_PLANS, PLAN, Policy
from fused_spec.spec.policies.waiver import LONGEST, Standing, Waiver

_SEVERITIES = {"deny": Severity.ERROR, "warn": Severity.WARNING}


class Rules(NamedTuple):
    """`files` are those that say them, and everything else that is said for all specs."""

    policies: tuple[Policy, ...] = ()
    waivers: tuple[Waiver, ...] = ()
    files: tuple[Document, ...] = ()

    @property
    def differ(self) -> bool:
        """Whether they may find something at one target alone."""
        return any(policy.names_target for policy in self.policies)

    def unused(self, used: Collection[str]) -> Iterator[Diagnostic]:
        """Waivers that spare nothing: a warning. Of those for plans nothing is known without one."""
        on = {policy.name: policy.on for policy in self.policies}
        for waiver in self.waivers:
            if waiver.mark not in used and on.get(waiver.policy, PLAN) != PLAN:
                yield Diagnostic(
                    code="unused-waiver",
                    message=f"the waiver of {waiver.policy} for {waiver.match} spares nothing",
                    location=waiver.location,
                    severity=Severity.WARNING,
                    hint="remove it",
                )


def rules_in(files: Sequence[Document], targets: Collection[str], today: date) -> tuple[Rules, list[Diagnostic]]:
    """What these files say, and what is wrong with that, whether or not any spec comes near it."""
    problems: list[Diagnostic] = []
    policies: dict[str, Policy] = {}
    for file in files:
        for policy in _policies(file, targets, problems):
            first = policies.setdefault(policy.name, policy)
            if first is not policy:
                message = f'policy "{policy.name}" is declared at {first.location} too'
                problems.append(_at(policy, "policy-twice", message, "keep one of them, or give it another name"))
    waivers: list[Waiver] = []
    for file in files:
        waivers += _waivers(file, policies, today, len(waivers), problems)
    return Rules(tuple(policies.values()), tuple(waivers), tuple(files)), problems


def _policies(file: Document, targets: Collection[str], problems: list[Diagnostic]) -> Iterator[Policy]:
    for index, said in enumerate(file.tree.get("policies", ())):
        at: Pointer = ("policies", index)
        word = next(word for word in ("deny", "warn", "schema") if word in said)
        expression, schema = None, None
        try:
            if word == "schema":
                schema = _schema(said["schema"])
            else:
                expression = Expression(said[word], OF_PLANS if said["on"] == PLAN else OF_DOCUMENTS)
        except ExpressionError as error:
            problems.append(_problem(file, (*at, word), "bad-policy", f"policy {said['name']}: {error}", error.hint))
            continue
        problems += _unknown_targets(file, (*at, "targets"), said.get("targets", ()), targets)
        yield Policy(
            name=said["name"],
            on=said["on"],
            severity=_SEVERITIES.get(word, Severity.ERROR),
            location=file.positions.value((*at, word)),
            expression=expression,
            schema=schema,
            message=said.get("message"),
            targets=tuple(said.get("targets", ())),
        )


def _schema(said: Any) -> Any:
    from fused_spec.spec.policies.shape import checked  # with jsonschema, which few policies need

    return checked(said)


def _unknown_targets(
    file: Document, at: Pointer, said: Sequence[str], targets: Collection[str]
) -> Iterator[Diagnostic]:
    for index, name in enumerate(said):
        if name not in targets:
            meant = nearest(name, targets)
            hint = guess(name, meant) if meant else f"known are {', '.join(targets)}"
            yield _problem(file, (*at, index), "unknown-target", f'no target is named "{name}"', hint)


def _waivers(
    file: Document, policies: Collection[str], today: date, count: int, problems: list[Diagnostic]
) -> Iterator[Waiver]:
    named = {said["name"] for said in file.tree.get("policies", ())} | set(policies)
    for index, said in enumerate(file.tree.get("waivers", ())):
        at: Pointer = ("waivers", index)
        if said["policy"] not in named:
            meant = nearest(said["policy"], named)
            hint = guess(said["policy"], meant) if meant else "name a policy, or remove it"
            message = f'no policy is called "{said["policy"]}"'
            problems.append(_problem(file, (*at, "policy"), "unknown-policy", message, hint))
            continue
        try:
            until = date.fromisoformat(said["until"])
        except ValueError:
            message = f"there is no day {said['until']}"
            problems.append(_problem(file, (*at, "until"), "bad-waiver", message, "write a day such as 2027-03-31"))
            continue
        waiver = Waiver(
            number=count + index,
            policy=said["policy"],
            match=said["match"],
            reason=said["reason"],
            until=until,
            location=file.positions.value((*at, "policy")),
        )
        if waiver.standing(today) is Standing.TOO_LONG:
            message = f"a waiver counts for a year at most, and {said['until']} is further away"
            hint = f"write a day until {(today + LONGEST).isoformat()}, and renew it then"
            problems.append(_problem(file, (*at, "until"), "bad-waiver", message, hint))
        yield waiver


def _problem(file: Document, at: Pointer, code: str, message: str, hint: str) -> Diagnostic:
    return Diagnostic(code=code, message=message, location=file.positions.value(at), pointer=dotted(at), hint=hint)


def _at(policy: Policy, code: str, message: str, hint: str) -> Diagnostic:
    return Diagnostic(code=code, message=message, location=policy.location, hint=hint)
