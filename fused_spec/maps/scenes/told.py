"""What is said of a feature: its name, its state and a few attributes, each fit to be seen by anybody."""

from collections.abc import Mapping
from math import isnan
from numbers import Integral, Real

from fused_spec.maps.model import Box, Boxes, Features, State
from fused_spec.messages.phrases import cut
from fused_spec.messages.redaction import MASK, is_sensitive_name, redact
from fused_spec.messages.visible import visible

MOST_ATTRIBUTES = 6
_MOST_CHARACTERS = 80
_NONCHARACTERS = {0xFFFE: "\\ufffe", 0xFFFF: "\\uffff"}  # which no XML may hold


def safe(text: object, most: int = _MOST_CHARACTERS) -> str:
    """Foreign text as one short line, without what hides in it and without secrets."""
    whole = str(text)
    return cut(redact(visible(whole[: 4 * most]).translate(_NONCHARACTERS)), most)


def name_of(layer: Features | Boxes, index: int) -> str:
    """What a feature is called: its name, or its number."""
    given = layer.boxes[index].name if isinstance(layer, Boxes) else (layer.names[index] if layer.names else "")
    return safe(given) or f"{index + 1:,}"


def state_of(layer: Features | Boxes, index: int) -> State | None:
    if isinstance(layer, Boxes):
        return layer.boxes[index].state
    return layer.states[index] if layer.states is not None else None


def attributes_of(layer: Features | Boxes, index: int) -> dict[str, str]:
    """The first of its attributes; those that are absent are left out."""
    given: Mapping[str, object]
    if isinstance(layer, Boxes):
        given = _box(layer.boxes[index])
    else:
        given = {name: column[index] for name, column in list(layer.attributes.items())[:MOST_ATTRIBUTES]}
    return {safe(name): _value(name, value) for name, value in given.items() if not _is_absent(value)}


def columns_of(layer: Features | Boxes) -> list[str]:
    """The attributes that a layer has."""
    if isinstance(layer, Features):
        return [safe(name) for name in list(layer.attributes)[:MOST_ATTRIBUTES]]
    return [safe(name) for name in dict.fromkeys(name for box in layer.boxes for name in _box(box))][:MOST_ATTRIBUTES]


def _box(box: Box) -> dict[str, object]:
    return dict(list(box.attributes.items())[:MOST_ATTRIBUTES])


def _value(name: str, value: object) -> str:
    if is_sensitive_name(name):
        return MASK
    if isinstance(value, Real) and not isinstance(value, Integral):
        number = float(value)
        return str(int(number)) if number.is_integer() and abs(number) < 1e15 else f"{number:.6g}"
    return safe(value)


def _is_absent(value: object) -> bool:
    if isinstance(value, Real):
        return isnan(value)
    return value is None or type(value).__name__ in ("NAType", "NaTType")
