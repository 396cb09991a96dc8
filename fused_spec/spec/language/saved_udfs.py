"""`udf: {ref: Udf/county-at}`: the source that a saved UDF of these specs declares, where a step names it.

The code becomes the job's own, so that a change of it starts the job; whether the UDF is saved already plays no part.
"""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from msgspec.structs import replace

from fused_spec.messages.diagnostics import guess, nearest
from fused_spec.spec.documents.document import Document
from fused_spec.spec.documents.positions import Positions, spotted
from fused_spec.spec.files.named_files import Folder
from fused_spec.spec.language.absent import Absent
from fused_spec.spec.language.merging.layer import Layer, Told
from fused_spec.spec.language.merging.merge import over
from fused_spec.spec.language.merging.parts_of_trees import with_steps
from fused_spec.spec.language.merging.shapes import Shape, shape_of
from fused_spec.spec.model import Kind

PREFIX = "Udf/"
_STEPS = ("spec", "config", "steps")


class SavedUdf(NamedTuple):
    """What a document declares as its UDF, and the folder that its paths are relative to."""

    layer: Layer
    folder: Path


@dataclass(slots=True)
class SavedUdfs:
    """The saved UDFs of these specs, by name; `documents` are expanded when one is asked for."""

    documents: Callable[[], Sequence[tuple[Document, Path]]]
    _known: dict[str, SavedUdf] | None = field(default=None)

    def filled_in(
        self, document: Document, folder: Folder, told: Told, absent: Mapping[tuple[str, str], Absent]
    ) -> Document:
        """The job with the source of each UDF in place of its name; what is wrong with a name is told.

        `absent` are documents that do not exist at the target.
        """
        whole = Layer(document.tree, document.positions.root)
        steps = whole.at(_STEPS)
        if steps is None or not isinstance(steps.tree, list):
            return document
        changed: list[Layer] = []
        for index in range(len(steps.tree)):
            step = steps.at((index,))
            assert step is not None  # it is one of the list
            changed.append(self._step(step, index, folder, told, absent))
        if all(one.tree is before for one, before in zip(changed, steps.tree, strict=True)):
            return document
        new = with_steps(whole, changed)
        return replace(document, tree=new.tree, positions=Positions(document.positions.path, new.place))

    def _step(
        self, step: Layer, index: int, folder: Folder, told: Told, absent: Mapping[tuple[str, str], Absent]
    ) -> Layer:
        udf, ref = step.at(("udf",)), step.at(("udf", "ref"))
        if udf is None or ref is None or not isinstance(ref.tree, str):
            return step
        saved = self._named(ref, index, told, absent)
        if saved is None:
            return step
        source = _from_here(saved.layer, saved.folder, folder.path)
        own = udf.without("ref")
        tree, place = over((source.tree, source.place), (own.tree, own.place), _shape(), told)
        inside = dict(step.place[1])
        inside["udf"] = (inside["udf"][0], place)
        return Layer({**step.tree, "udf": tree}, (step.place[0], inside))

    def _named(self, ref: Layer, index: int, told: Told, absent: Mapping[tuple[str, str], Absent]) -> SavedUdf | None:
        if self._known is None:
            self._known = {
                document.name: SavedUdf(layer, folder)
                for document, folder in self.documents()
                if document.name is not None and (layer := _declared(document)) is not None
            }
        name = ref.tree.removeprefix(PREFIX)
        saved = self._known.get(name)
        if saved is None:
            at = (*_STEPS, index, "udf", "ref")
            if (elsewhere := absent.get((str(Kind.UDF), name))) is not None:
                message, hint = elsewhere.words("Udf", name)
                told.tell("not-at-target", message, ref.place, hint, at)
                return None
            meant = nearest(name, self._known)
            hint = (
                guess(ref.tree, f"{PREFIX}{meant}") if meant else "declare it, and name its file together with this one"
            )
            message = f'no Udf is named "{name}" in these specs'
            told.tell("unknown-reference", message, ref.place, hint, at)
        return saved


def _declared(document: Document) -> Layer | None:
    return Layer(document.tree, spotted(document.positions.root, document.file.name)).at(("spec", "udf"))


def _shape() -> Shape:
    item = shape_of("Job").of("spec").of("config").of("steps").item
    return item.of("udf") if item is not None else Shape()


def _from_here(udf: Layer, theirs: Path, ours: Path) -> Layer:
    """The UDF with its paths as they are from another folder."""
    way = os.path.relpath(theirs, ours)
    if way == ".":
        return udf
    tree: dict[str, Any] = dict(udf.tree)
    tree |= {name: _path(way, tree[name]) for name in ("file", "folder") if name in tree}
    if isinstance(tree.get("headers"), list):
        tree["headers"] = [_header(way, one) for one in tree["headers"]]
    return Layer(tree, udf.place)


def _header(way: str, header: Any) -> Any:
    if not isinstance(header, Mapping) or "file" not in header:
        return header
    return {**header, "file": _path(way, header["file"])}


def _path(way: str, path: Any) -> Any:
    return os.path.normpath(f"{way}/{path}") if isinstance(path, str) and not path.startswith(("/", "~")) else path
