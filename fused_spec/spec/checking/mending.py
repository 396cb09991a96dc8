"""What is wrong with a document and can be mended without a question: one word is meant, or only quotes are missing."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from fused_spec.messages.diagnostics import is_spelling_of
from fused_spec.spec.checking.problems import standing_doubts, taken_as_text, validator_of
from fused_spec.spec.checking.violations import Fault, Violation, violations
from fused_spec.spec.documents.document import Document
from fused_spec.spec.documents.forms.edits import Edit, quoted
from fused_spec.spec.documents.forms.structure import Scalar
from fused_spec.spec.documents.positions import Pointer
from fused_spec.spec.documents.scalars import Doubt

Scalars = Mapping[int, Scalar]


def settled(document: Document, kind: str | None) -> list[int]:
    """Where scalars stand that readers take differently, in fields that take nothing but the text."""
    if not document.doubts:
        return []
    standing = standing_doubts(document, validator_of(kind))
    return [_start(document, pointer) for pointer in document.doubts if pointer not in standing]


def sure_edits(document: Document, kind: str, text: str, scalars: Scalars) -> list[Edit]:
    """The changes that mend what has one remedy alone."""
    validator = validator_of(kind)
    faults = violations(validator, document.tree)
    doubts = standing_doubts(document, validator)
    found = [_mended(fault, document, text, scalars) for fault in faults if fault.pointer not in doubts]
    found += _of_doubts(doubts, document, kind, scalars)
    return [edit for edit in dict.fromkeys(found) if edit is not None]


def _mended(fault: Violation, document: Document, text: str, scalars: Scalars) -> Edit | None:
    if fault.fault is Fault.UNKNOWN_FIELD:
        return _renamed(fault, document, scalars)
    scalar = scalars.get(_start(document, fault.pointer))
    if scalar is None:
        return None
    if fault.fault is Fault.CHOICE and isinstance(fault.value, str):
        choices = fault.limit if isinstance(fault.limit, list) else [fault.limit]
        meant = _spelt_right(fault.value, choices)
        return None if meant is None else Edit(scalar.start, scalar.end, _like(scalar, meant))
    return _retyped(fault, text[scalar.start : scalar.end], scalar) if fault.fault is Fault.TYPE else None


def _retyped(fault: Violation, written: str, scalar: Scalar) -> Edit | None:
    """Quotes around a number where text is wanted, or none around one where a number is."""
    wanted = {fault.limit} if isinstance(fault.limit, str) else {one for one in fault.limit if isinstance(one, str)}
    value = fault.value
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if is_number and scalar.style is None and wanted <= {"string", "null"} and "string" in wanted:
        fits = re.search(fault.schema.get("pattern", ""), written)
        return Edit(scalar.start, scalar.end, quoted(written)) if fits else None
    if not isinstance(value, str) or scalar.style not in ("'", '"'):
        return None
    if wanted & {"integer", "number"} and re.fullmatch(r"0|[1-9][0-9]{0,14}", value):
        return Edit(scalar.start, scalar.end, value)
    if "boolean" in wanted and value in ("true", "false"):
        return Edit(scalar.start, scalar.end, value)
    return None


def _renamed(fault: Violation, document: Document, scalars: Scalars) -> Edit | None:
    name = str(fault.pointer[-1])
    around = fault.value if isinstance(fault.value, dict) else {}
    meant = _spelt_right(name, [one for one in fault.schema.get("properties", {}) if one not in around])
    inside = document.positions.place(fault.pointer[:-1])[1]
    if meant is None or not isinstance(inside, dict) or name not in inside:
        return None
    scalar = scalars.get(inside[name][0].index)
    return None if scalar is None else Edit(scalar.start, scalar.end, _like(scalar, meant))


def _of_doubts(doubts: Mapping[Pointer, Doubt], document: Document, kind: str, scalars: Scalars) -> Iterator[Edit]:
    """Quotes where text alone may stand; a word of YAML 1.1 as true or false where nothing else may."""
    validator = validator_of(kind)
    as_text = taken_as_text(document, validator) if doubts else set()
    not_text = {fault.pointer: fault.limit for fault in violations(validator, document.tree)} if doubts else {}
    for pointer, doubt in doubts.items():
        scalar = scalars.get(_start(document, pointer))
        if scalar is None or scalar.style is not None:
            continue
        if pointer in as_text and pointer not in not_text:
            yield Edit(scalar.start, scalar.end, quoted(doubt.text))
        elif isinstance(doubt.other, bool) and not_text.get(pointer) in ("boolean", ["boolean", "null"]):
            yield Edit(scalar.start, scalar.end, "true" if doubt.other else "false")


def _spelt_right(word: str, choices: Iterable[Any]) -> str | None:
    """The one choice that is the word but for upper case and signs."""
    meant = [one for one in choices if isinstance(one, str) and is_spelling_of(word, one)]
    return meant[0] if len(meant) == 1 else None


def _like(scalar: Scalar, text: str) -> str:
    return quoted(text) if scalar.style in ("'", '"') else text


def _start(document: Document, pointer: Pointer) -> int:
    index: int = getattr(document.positions.place(pointer)[0], "index", -1)
    return index
