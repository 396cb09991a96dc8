"""Why a field of a spec is what it is: every layer that says something of it, and the one that won."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple, Unpack

from fused_spec.messages.diagnostics import Location
from fused_spec.spec.checking.schema import complete
from fused_spec.spec.documents.document import read_documents
from fused_spec.spec.documents.positions import Pointer, Positions
from fused_spec.spec.files.named_files import Folder
from fused_spec.spec.inputs.local_inputs import Inputs
from fused_spec.spec.language.merging.layer import Layer
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

    A step may be named by its number or by its name.
    """
    sight = Sight(paths, means)
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
                found = [said for layer in layers for said in _said(layer, pointer, layers, file.name)]
                return [*_default(key, pointer), *found]
    return None


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
