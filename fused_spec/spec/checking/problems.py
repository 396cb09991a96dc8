"""What is wrong with a document, told for people: the faults of its schema, doubtful scalars, and secrets."""

import copy
from collections.abc import Mapping
from functools import cache
from itertools import islice
from typing import Any

from jsonschema.protocols import Validator

from fused_spec.messages.diagnostics import Diagnostic
from fused_spec.spec.checking.acceptance import Schema
from fused_spec.spec.checking.explain import explain, explain_doubt
from fused_spec.spec.checking.homes import homes
from fused_spec.spec.checking.schema import SPEC_KINDS, complete
from fused_spec.spec.checking.secrets import find_secrets
from fused_spec.spec.checking.violations import Fault, Violation, validator_for, violations
from fused_spec.spec.documents.document import Document
from fused_spec.spec.documents.positions import Pointer
from fused_spec.spec.documents.scalars import Doubt
from fused_spec.spec.files.limits import MAX_FAULTS, MAX_PROBLEMS


def problems(document: Document, kind: str | None) -> list[Diagnostic]:
    """Everything wrong with a document of a kind, in order of place; None for one that is of no kind."""
    return _problems(document, validator_of(kind), kind)


def problems_of(document: Document, schema: Schema, kind: str) -> list[Diagnostic]:
    """The same by another schema, of what is to become part of a document of the kind."""
    return _problems(document, validator_for(schema), kind)


def _problems(document: Document, validator: Validator, kind: str | None) -> list[Diagnostic]:
    faults = violations(validator, document.tree)
    # Another version is another language: what else would be said about it means nothing.
    faults = [fault for fault in faults if _is_of_version(fault)] or faults
    doubts = standing_doubts(document, validator)
    told = [explain_doubt(pointer, doubt, document) for pointer, doubt in islice(doubts.items(), MAX_PROBLEMS)]
    faults = [fault for fault in faults if fault.pointer not in doubts]
    order = sorted(faults, key=lambda fault: document.positions.value(fault.pointer))
    told += [explain(fault, document, _homes(kind)) for fault in order[:MAX_PROBLEMS]]
    told += islice(find_secrets(document), MAX_FAULTS)
    more = max(len(order) - MAX_PROBLEMS, 0) + max(len(doubts) - MAX_PROBLEMS, 0)
    return _capped(sorted(told, key=lambda problem: problem.location), document, more)


def _is_of_version(fault: Violation) -> bool:
    return fault.fault is Fault.CHOICE and fault.pointer == ("apiVersion",) and isinstance(fault.value, str)


@cache
def validator_of(kind: str | None) -> Validator:
    """What finds the faults of a document of a kind."""
    return validator_for(complete(kind))


@cache
def _homes(kind: str | None) -> Mapping[str, Mapping[str, list[str]]]:
    """Where fields belong: in this kind first, then in the others."""
    kinds = dict.fromkeys((kind, *SPEC_KINDS)) if kind else dict.fromkeys(SPEC_KINDS)
    return {name: homes(complete(name)) for name in kinds if name}


def standing_doubts(document: Document, validator: Validator) -> dict[Pointer, Doubt]:
    """The doubts that stand: all but those where the field takes the text and not the other reading."""
    alone = taken_as_text(document, validator) if document.doubts else set()
    return {
        pointer: doubt for pointer, doubt in document.doubts.items() if not (doubt.text_may_do and pointer in alone)
    }


def taken_as_text(document: Document, validator: Validator) -> set[Pointer]:
    """The doubtful scalars that are of no use for their fields in the other reading."""
    other = copy.deepcopy(document.tree)
    for pointer, doubt in document.doubts.items():
        _replace(other, pointer, doubt.other)
    refused = {fault.pointer for fault in violations(validator, other)}
    return document.doubts.keys() & refused


def _replace(tree: Any, pointer: Pointer, value: Any) -> None:
    *way, last = pointer
    for step in way:
        tree = tree[step]
    tree[last] = value


def _capped(problems: list[Diagnostic], document: Document, more: int) -> list[Diagnostic]:
    more += max(len(problems) - MAX_PROBLEMS, 0)
    if not more:
        return problems
    rest = Diagnostic(
        code="too-many-problems",
        message=f"{more:,} more {'problem' if more == 1 else 'problems'} in this document",
        location=document.positions.value(()),
        hint="mend these first",
    )
    return [*problems[:MAX_PROBLEMS], rest]
