"""Which layers a document has at a target, from weak to strong: defaults, fragments, itself, overrides."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from fused_spec.messages.diagnostics import guess, nearest
from fused_spec.spec.checking.schema import FRAGMENT
from fused_spec.spec.documents.document import Document
from fused_spec.spec.documents.positions import spotted
from fused_spec.spec.files.limits import MAX_DEPTH
from fused_spec.spec.language.merging.layer import Layer, Told
from fused_spec.spec.language.project.declared import Declared, TargetWords


class Defaults(NamedTuple):
    """What is said for every document of a kind, and for every step of a type; both from weak to strong."""

    documents: tuple[Layer, ...] = ()
    steps: Mapping[str, tuple[Layer, ...]] = {}


def defaults_for(kind: str, declared: Declared, target: TargetWords) -> Defaults:
    """The defaults of included files, of the project, of the target."""
    said = [*declared.defaults, *([target.defaults] if target.defaults is not None else [])]
    documents = tuple(one._replace(name=f"{one.name}.{kind}") for layer in said if (one := layer.at((kind,))))
    steps: dict[str, list[Layer]] = {}
    for layer in said:
        of_types = layer.at(("steps",))
        for name in of_types.tree if of_types is not None and isinstance(of_types.tree, dict) else ():
            one = layer.at(("steps", name))
            if one is not None and isinstance(one.tree, dict):
                steps.setdefault(name, []).append(one._replace(name=f"{layer.name}.steps.{name}"))
    return Defaults(documents, {name: tuple(layers) for name, layers in steps.items()})


class Fragments:
    """The fragments of all files, by name."""

    def __init__(self, documents: Sequence[Document] = ()) -> None:
        self.documents = {one.name: one for one in reversed(documents) if one.name is not None}
        self.used: set[str] = set()
        self._whole = {name: _whole(one) for name, one in self.documents.items()}
        self._layer = {name: layer for name, whole in self._whole.items() if (layer := _of_spec(whole, name))}

    def used_by(self, document: Document, told: Told) -> list[Layer]:
        """The fragments that a document uses, and those that they use, from weak to strong.

        Each stands there once, where it is strongest: below that, another stronger one would say all of it again.
        """
        found: dict[str, Layer | None] = {}
        self._find(Layer(document.tree, document.positions.root), told, (), found)
        return [layer for layer in reversed(found.values()) if layer is not None]

    def _find(self, user: Layer, told: Told, path: tuple[str, ...], found: dict[str, Layer | None]) -> None:
        """Those that `user` uses, from strong to weak, but for those that are found already."""
        said = user.at(("use",))
        if said is None:
            return
        if not isinstance(said.tree, list):
            told.tell("bad-use", '"use" is a list of fragments', said.place, "write use: [name]", ("use",))
            return
        if len(path) > MAX_DEPTH:
            message = f"fragments use each other more than {MAX_DEPTH} levels deep"
            told.tell("too-deep", message, said.place, "use them side by side", ("use",))
            return
        for index, name in reversed(list(enumerate(said.tree))):
            at = said.at((index,)) or said
            if not isinstance(name, str):
                told.tell("bad-use", "what is used is the name of a fragment", at.place, "write a name", ("use", index))
                continue
            if name not in self.documents:
                meant = nearest(name, self.documents)
                hint = guess(name, meant) if meant else "declare it: kind: Fragment"
                told.tell("no-such-fragment", f'no fragment is named "{name}"', at.place, hint, ("use", index))
                continue
            if name in path:
                loop = " → ".join((*path[path.index(name) :], name))
                told.tell("fragment-loop", f"these fragments use each other: {loop}", at.place, "leave one out")
                continue
            if name in found:
                continue
            self.used.add(name)
            found[name] = self._layer.get(name)
            self._find(self._whole[name], told, (*path, name), found)


def _of_spec(fragment: Layer, name: str) -> Layer | None:
    """What a fragment says of those that use it."""
    if fragment.at(("spec",)) is None:
        return None
    mark, inside = fragment.place
    return Layer({"spec": fragment.tree["spec"]}, (mark, {"spec": inside["spec"]}), f"{FRAGMENT}/{name}")


def _whole(document: Document) -> Layer:
    return Layer(document.tree, spotted(document.positions.root, document.file.name), "")
