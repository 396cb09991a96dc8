"""Why a field of a spec is what it is: every layer that says something of it, and the one that won."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple, Unpack

from fused_spec.errors import Misconfigured, SpecError
from fused_spec.messages.diagnostics import Location, guess, nearest
from fused_spec.spec.checking.schema import complete
from fused_spec.spec.documents.document import read_documents
from fused_spec.spec.documents.positions import Pointer, Positions, dotted
from fused_spec.spec.documents.wording import either
from fused_spec.spec.files.named_files import Folder
from fused_spec.spec.inputs.local_inputs import Inputs
from fused_spec.spec.language.merging.layer import Layer
from fused_spec.spec.language.names.fields import fields_at, is_field
from fused_spec.spec.language.outside import NOBODY
from fused_spec.spec.language.spoken import spoken_in
from fused_spec.spec.model import Key, Project
from fused_spec.spec.sight import Means, Sight

_LISTS = {"steps": "name", "headers": "module_name"}
THE_SPEC = "the spec"
THE_SCHEMA = "the schema's default"


class Said(NamedTuple):
    """What one layer says of a field; `place` is None for what no file says, `via` tells through what name it came."""

    layer: str
    value: Any
    place: Location | None
    via: str | None = None


def explain(
    paths: Sequence[str], key: Key, pointer: Pointer, *, target: Callable[[Project], str], **means: Unpack[Means]
) -> list[Said] | None:
    """What each layer says of a field, from weak to strong; None where no spec at `paths` declares the key.

    A step may be named by its number or by its name. Raises `Misconfigured` for a field that there is not, and
    `SpecError` where what is said for all specs cannot be read.
    """
    sight = Sight(paths, means)
    if any(one.is_error for one in sight.before):
        raise SpecError(sight.before)
    name, today = target(sight.project), means.get("today") or datetime.now(UTC).date()
    spoken = spoken_in(sight.project, sight.files, means["cwd"], sight.git)
    language, _ = spoken.at(name, means.get("outside", NOBODY), today, may_lack=True)
    inputs = Inputs()
    for file in sight.files:
        for document in read_documents(file)[0]:
            if document.kind != key.kind:
                continue
            folder = Folder(path=means["cwd"] if file.path is None else file.path.parent, root=sight.project.root)
            layers = language.saying(document, key.name, folder, inputs)
            if layers:
                _check(key, pointer, layers)
                found = [said for layer in layers for said in _said(layer, pointer, layers, file.name)]
                return [*_default(key, pointer), *found]
    return None


def _check(key: Key, pointer: Pointer, layers: Sequence[Layer]) -> None:
    """Raise `Misconfigured` unless a layer says the field, or the schema has it."""
    for depth in range(1, len(pointer) + 1):
        way = pointer[:depth]
        above = [inside.tree for layer in layers if (inside := layer.at(_in(layer, way[:-1], layers))) is not None]
        if any(layer.at(_in(layer, way, layers)) is not None for layer in layers):
            continue
        items = next((one for one in above if isinstance(one, list)), None)
        if items is None and is_field(str(key.kind), way):
            continue
        known = _items(items, way[:-1]) if items is not None else _fields(key, way[:-1], above)
        meant = nearest(str(way[-1]), known)
        place = dotted(way[:-1]) or "it"
        hint = f"{place} has {either(known, 'and') if known else 'no fields'}"
        if meant is not None:
            hint = guess(dotted(way), dotted((*way[:-1], meant)))
        raise Misconfigured(f"{key} has no field {dotted(way)}", hint=hint)


def _items(items: Sequence[Any], way: Pointer) -> list[str]:
    name = _LISTS.get(str(way[-1])) if way else None
    named = [str(one[name]) for one in items if isinstance(one, dict) and name in one] if name is not None else []
    return [*named, *map(str, range(len(items)))]


def _fields(key: Key, way: Pointer, above: Sequence[Any]) -> list[str]:
    said = [name for one in above if isinstance(one, dict) for name in one]
    return list(dict.fromkeys([*fields_at(str(key.kind), way), *said]))


def _said(layer: Layer, pointer: Pointer, layers: Sequence[Layer], path: str) -> list[Said]:
    inside = layer.at(_in(layer, pointer, layers))
    if inside is None:
        return []
    positions = Positions(path, inside.place)
    return [Said(layer.name or THE_SPEC, inside.tree, positions.value(()), positions.via(()))]


def _in(layer: Layer, pointer: Pointer, layers: Sequence[Layer]) -> Pointer:
    """The way in this layer: an item of a list by its number, in a mapping over the list by its name."""
    way: list[str | int] = []
    for step in pointer:
        above = layer.at(tuple(way))
        name = _LISTS.get(str(way[-1])) if way else None
        if above is not None and name is not None:
            listed = next(
                (one.tree for each in layers if (one := each.at(tuple(way))) and isinstance(one.tree, list)), []
            )
            names = [item.get(name) if isinstance(item, dict) else None for item in listed]
            if isinstance(above.tree, list) and isinstance(step, str) and step in names:
                step = names.index(step)
            elif isinstance(above.tree, dict) and isinstance(step, int) and step < len(names):
                step = str(names[step])
        way.append(step)
    return tuple(way)


def _default(key: Key, pointer: Pointer) -> list[Said]:
    schema: Any = complete(key.kind)
    for step in pointer:
        branches = [schema, *(one.get("then", {}) for one in schema.get("allOf", ()))]
        found = [one["properties"][step] for one in branches if step in one.get("properties", {})]
        items = schema.get("items") if isinstance(step, int) or not found else None
        schema = found[0] if found else items
        if not isinstance(schema, dict):
            return []
    return [Said(THE_SCHEMA, schema["default"], None)] if "default" in schema else []
