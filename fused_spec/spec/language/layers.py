"""Which layers a document has at a target, from weak to strong: defaults, fragments, itself, overrides."""

from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any, NamedTuple

from fused_spec.messages.diagnostics import guess, nearest
from fused_spec.spec.checking.schema import FRAGMENT
from fused_spec.spec.documents.document import Document
from fused_spec.spec.documents.positions import spotted
from fused_spec.spec.language.declared import Declared, TargetWords
from fused_spec.spec.language.layer import Layer, Told
from fused_spec.spec.language.matrix import keys_fit


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

    def used_by(self, document: Document, told: Told) -> list[Layer]:
        """The fragments that a document uses, and those that they use, from weak to strong."""
        return list(self._layers(_whole(document), told, ()))

    def _layers(self, user: Layer, told: Told, path: tuple[str, ...]) -> Iterator[Layer]:
        said = user.at(("use",))
        if said is None:
            return
        if not isinstance(said.tree, list):
            told.tell("bad-use", '"use" is a list of fragments', said.place, "write use: [name]", ("use",))
            return
        for index, name in enumerate(said.tree):
            at = said.at((index,)) or said
            document = self.documents.get(name) if isinstance(name, str) else None
            if document is None:
                meant = nearest(str(name), self.documents)
                hint = guess(str(name), meant) if meant else "declare it: kind: Fragment"
                told.tell("no-such-fragment", f'no fragment is named "{name}"', at.place, hint, ("use", index))
                continue
            if name in path:
                loop = " → ".join((*path[path.index(name) :], name))
                told.tell("fragment-loop", f"these fragments use each other: {loop}", at.place, "leave one out")
                continue
            self.used.add(name)
            fragment = _whole(document)
            yield from self._layers(fragment, told, (*path, name))
            if (spec := fragment.at(("spec",))) is not None:
                tree = {"spec": spec.tree}
                mark, inside = fragment.place
                yield Layer(tree, (mark, {"spec": inside["spec"]}), f"{FRAGMENT}/{name}")


def _whole(document: Document) -> Layer:
    return Layer(document.tree, spotted(document.positions.root, document.file.name), "")


class Match(NamedTuple):
    """Whom an override is for."""

    kind_and_name: str | None = None
    matrix: Mapping[str, Any] = {}
    labels: Mapping[str, Any] = {}

    def __str__(self) -> str:
        said = [self.kind_and_name or "anything"]
        said += [f"{name} {value}" for words in (self.matrix, self.labels) for name, value in words.items()]
        return " with ".join((said[0], ", ".join(said[1:]))) if said[1:] else said[0]

    @property
    def is_glob(self) -> bool:
        return self.kind_and_name is None or any(sign in self.kind_and_name for sign in "*?[")

    def fits(self, kind: str, name: str, keys: Mapping[str, str], labels: Any) -> bool:
        """`name` is that of the document, which is the group's where there are cells."""
        if self.kind_and_name is not None and not fnmatchcase(f"{kind}/{name}", self.kind_and_name):
            return False
        if self.matrix and not keys_fit(keys, self.matrix):
            return False
        if not self.labels:
            return True
        return isinstance(labels, dict) and all(labels.get(one) == value for one, value in self.labels.items())


def match_of(override: Layer) -> Match | None:
    """What an override says of whom it is for; None when it cannot be understood."""
    match = override.tree.get("match") if isinstance(override.tree, dict) else None
    if isinstance(match, str):
        return Match(match)
    if not isinstance(match, dict) or not match or set(match) - {"job", "udf", "token", "matrix", "labels"}:
        return None
    named = [match[word] for word in ("job", "udf", "token") if word in match]
    if len(named) > 1 or not all(isinstance(one, str) for one in named):
        return None
    whom = named[0] if named else None
    matrix, labels = match.get("matrix", {}), match.get("labels", {})
    if not isinstance(matrix, dict) or not isinstance(labels, dict):
        return None
    kinds = {"job": "Job", "udf": "Udf", "token": "UdfAccessToken"}
    word = next((word for word in kinds if word in match), None)
    if whom is not None and word is not None and "/" not in whom:
        whom = f"{kinds[word]}/{whom}"
    return Match(whom, matrix, labels)
