"""The elements of a step's input, of which each is one task."""

import json
from collections.abc import Mapping
from typing import Any

from fused_spec.jobs.parts import Part

_LARGEST = 1_000  # characters of JSON


def element_of(config: Mapping[str, Any], step: int, index: int, part: Part | None = None) -> Any:
    """The element of the input of a step, counted from 1; None where it is not known, or too large to be shown.

    The config is that of the job, or of a run that was started for a part of its elements, and has these alone.
    """
    steps = config.get("steps", ())
    elements = steps[step - 1].get("input") if 0 < step <= len(steps) else None
    if not isinstance(elements, list | tuple):
        return None
    if part is not None and len(elements) == len(part.elements) != part.of and index in part.elements:
        index = part.elements.place_of(index)
    if not 0 <= index < len(elements):
        return None
    value = elements[index]
    return value if len(json.dumps(value)) <= _LARGEST else None
