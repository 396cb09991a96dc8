"""The elements of a step's input, of which each is one task."""

import json
from collections.abc import Mapping
from typing import Any

_LARGEST = 1_000  # characters of JSON


def element_of(config: Mapping[str, Any], step: int, index: int) -> Any:
    """The element of the input of a step, counted from 1; None where it is not known, or too large to be shown."""
    steps = config.get("steps", ())
    elements = steps[step - 1].get("input") if 0 < step <= len(steps) else None
    if not isinstance(elements, list | tuple) or not 0 <= index < len(elements):
        return None
    value = elements[index]
    return value if len(json.dumps(value)) <= _LARGEST else None
