"""The one operator: a stronger layer over a weaker one.

Mappings are merged field by field as far as the schema goes; anything else is one value, and the stronger's stands. It
is associative, so that any grouping of layers gives the same, and what is absent changes nothing. To keep it so, a
mapping that took the place of something else goes on saying that it does (`REPLACE`), until `finished`.
"""

from collections.abc import Sequence
from typing import Any

from fused_spec.messages.diagnostics import guess, nearest
from fused_spec.spec.documents.positions import Place, Pointer
from fused_spec.spec.documents.wording import either
from fused_spec.spec.language.merging.layer import Layer, Told
from fused_spec.spec.language.merging.shapes import Shape

REPLACE = "$replace"
"""The field of a mapping that takes the place of what weaker layers say, instead of being merged with it."""

Sited = tuple[Any, Place]
"""A value and its place."""


def merged(layers: Sequence[Layer], shape: Shape, told: Told) -> Layer:
    """The layers, from weak to strong, as one that is called like the last; at least one is needed."""
    tree, place, _ = layers[0]
    for layer in layers[1:]:
        tree, place = over((tree, place), (layer.tree, layer.place), shape, told)
    return Layer(*finished((tree, place), shape, told), layers[-1].name)


def over(weak: Sited, strong: Sited, shape: Shape, told: Told, pointer: Pointer = ()) -> Sited:
    """`strong` over `weak`; what does not fit together is told, and `strong` stands."""
    if shape.key is not None:
        return _items(weak, strong, shape, told, pointer)
    if not isinstance(strong[0], dict) or not shape.is_mapping:
        if shape.is_mapping and isinstance(weak[0], dict) and isinstance(strong[0], list):
            _tell_shapes("a list", "a mapping", weak, strong, told, pointer)
        return strong
    if not isinstance(weak[0], dict):
        if isinstance(weak[0], list):
            _tell_shapes("a mapping", "a list", weak, strong, told, pointer)
        return _replacing(strong)
    return strong if strong[0].get(REPLACE) is True else _fields(weak, strong, shape, told, pointer)


def finished(value: Sited, shape: Shape, told: Told, pointer: Pointer = ()) -> Sited:
    """The value without what only said how it is merged."""
    tree, place = value
    if not _is_unfinished(tree, shape):
        return value
    inside = place[1]
    if isinstance(tree, list):
        items = [
            finished((one, at), shape.item or Shape(), told, (*pointer, index))
            for index, (one, at) in enumerate(zip(tree, inside, strict=True))
        ]
        return [one for one, _ in items], (place[0], [at for _, at in items])
    if shape.key is not None:
        for name in tree:
            message = f'there is no list here in which "{name}" could be changed'
            told.tell("no-such-item", message, _of(place, name), "write the list in the spec itself", (*pointer, name))
        return [], (place[0], [])
    kept = {
        name: finished((one, inside[name][1]), shape.of(name), told, (*pointer, name))
        for name, one in tree.items()
        if name != REPLACE
    }
    places = {name: (inside[name][0], at) for name, (_, at) in kept.items()}
    return {name: one for name, (one, _) in kept.items()}, (place[0], places)


def _is_unfinished(tree: Any, shape: Shape) -> bool:
    """Whether anything is left in it that only said how it is merged: hardly ever."""
    if shape.key is not None:
        item = shape.item or Shape()
        return isinstance(tree, dict) or (isinstance(tree, list) and any(_is_unfinished(one, item) for one in tree))
    if not isinstance(tree, dict) or not shape.is_mapping:
        return False
    return REPLACE in tree or any(
        _is_unfinished(one, shape.of(name)) for name, one in tree.items() if isinstance(one, dict | list)
    )


def _fields(weak: Sited, strong: Sited, shape: Shape, told: Told, pointer: Pointer) -> Sited:
    (lower, (_, below)), (upper, (mark, above)) = weak, strong
    chosen = shape.choice and not shape.choice.isdisjoint(upper)
    tree, places = dict(lower), dict(below)
    if chosen:
        for name in shape.choice & tree.keys():
            del tree[name], places[name]
    for name, value in upper.items():
        if name in tree and isinstance(value, dict | list):
            inner = over((tree[name], places[name][1]), (value, above[name][1]), shape.of(name), told, (*pointer, name))
            tree[name], places[name] = inner[0], (above[name][0], inner[1])
        else:
            tree[name], places[name] = value, above[name]
    return tree, (mark, places)


def _items(weak: Sited, strong: Sited, shape: Shape, told: Told, pointer: Pointer) -> Sited:
    """Of lists the stronger stands; a mapping changes the items of these names."""
    item = shape.item or Shape()
    if not isinstance(strong[0], dict):
        return strong
    if isinstance(weak[0], dict):
        return _fields(weak, strong, Shape(others=item), told, pointer)
    if not isinstance(weak[0], list):
        return strong
    tree, places = list(weak[0]), list(weak[1][1])
    known = {one[shape.key]: index for index, one in enumerate(tree) if isinstance(one, dict) and shape.key in one}
    for name, changes in strong[0].items():
        at = strong[1][1][name]
        if name not in known:
            meant = nearest(name, map(str, known))
            hint = guess(name, meant) if meant else f"known are {either(map(str, known))}" if known else "name it there"
            what = str(pointer[-1])[:-1]
            message = f'no {what} has the {shape.key} "{name}"; a mapping here changes {what}s, and never adds one'
            told.tell("no-such-item", message, (at[0], None), hint, (*pointer, name))
            continue
        index = known[name]
        if isinstance(changes, dict) and shape.key in changes:
            message = f'"{shape.key}" is what the {pointer[-1]} are known by'
            told.tell("no-such-item", message, at[1], "leave it out", (*pointer, name))
        tree[index], places[index] = over((tree[index], places[index]), (changes, at[1]), item, told, (*pointer, index))
        if isinstance(tree[index], dict) and shape.key not in tree[index]:
            tree[index] = {shape.key: name, **tree[index]}
            places[index] = (places[index][0], {shape.key: (at[0], (at[0], None)), **places[index][1]})
    return tree, (weak[1][0], places)


def _replacing(strong: Sited) -> Sited:
    tree, (mark, inside) = strong
    if REPLACE in tree:
        return strong
    return {**tree, REPLACE: True}, (mark, {**inside, REPLACE: (mark, (mark, None))})


def _tell_shapes(one: str, other: str, weak: Sited, strong: Sited, told: Told, pointer: Pointer) -> None:
    message = f'"{pointer[-1]}" is {one} here and {other} at {told.where(weak[1])}'
    told.tell("different-shapes", message, strong[1], "both must be of one shape; write one like the other", pointer)


def _of(place: Place, name: str) -> Place:
    inside = place[1]
    return (inside[name][0], None) if isinstance(inside, dict) and name in inside else place
