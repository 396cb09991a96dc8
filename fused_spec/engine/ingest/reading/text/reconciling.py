"""One type for a column of text in all inputs, each of which by itself seems to be something else in another one."""

from collections.abc import Mapping, Sequence

import pyarrow as pa

from fused_spec.engine.ingest.reading.layer import Layer
from fused_spec.engine.ingest.reading.text.guesses import Kind, united


def reconciled(layers: Sequence[Layer]) -> list[Layer]:
    """The layers, where columns of text that are guessed are what they are in all of them together."""
    names = {name: None for layer in layers for name in layer.guesses}
    types = {name: kind for name in names if (kind := _type(name, layers)) is not None}
    return [_with(layer, types) for layer in layers]


def _type(name: str, layers: Sequence[Layer]) -> pa.DataType | None:
    """The type of a column in all inputs; None where none of them has a value."""
    guess = united(layer.guesses[name] for layer in layers if name in layer.guesses)
    others = [
        layer.attributes.field(name).type
        for layer in layers
        if name in layer.attributes.names and name not in layer.guesses
    ]
    if any(map(_is_text, others)):
        return pa.string()
    if guess.kind is Kind.NOTHING:
        return others[0] if others else None
    return guess.type


def _is_text(kind: pa.DataType) -> bool:
    if pa.types.is_dictionary(kind):
        return _is_text(kind.value_type)
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _with(layer: Layer, types: Mapping[str, pa.DataType]) -> Layer:
    changed = {
        name: types[name]
        for name, guess in layer.guesses.items()
        if name in types and (guess.kind is Kind.NOTHING or guess.type != types[name])
    }
    return layer.widened(changed) if changed and layer.widened is not None else layer
