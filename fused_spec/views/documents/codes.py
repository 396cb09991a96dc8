"""Sorts of problems for programs."""

from collections.abc import Iterable
from typing import Any

from fused_spec.messages.codes.example import right_files, wrong_files
from fused_spec.messages.codes.registry import Entry


def codes_document(entries: Iterable[Entry]) -> dict[str, Any]:
    return {"codes": [_entry(entry) for entry in entries]}


def _entry(entry: Entry) -> dict[str, Any]:
    return {
        "id": entry.id,
        "code": entry.code,
        "group": entry.group,
        "title": entry.title,
        "cause": entry.cause,
        "remedy": entry.remedy,
        "example": {"wrong": dict(wrong_files(entry.example)), "right": dict(right_files(entry.example))}
        if entry.example
        else None,
        "no_example": entry.no_example or None,
    }
