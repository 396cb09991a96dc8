"""What a project says for all of its specs: variables, defaults, and what differs between its targets."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from fused_spec.spec.documents.document import Document
from fused_spec.spec.documents.positions import spotted
from fused_spec.spec.language.merging.layer import Layer
from fused_spec.spec.language.project.variable import Variable


class TargetWords(NamedTuple):
    """What `targets.NAME` says of specs."""

    name: str
    variables: Mapping[str, Layer] = {}
    defaults: Layer | None = None
    overrides: tuple[Layer, ...] = ()
    is_sealed: bool = False
    secrets: bool = False
    """Whether it says where secrets come from."""


class Declared(NamedTuple):
    """All of it; `defaults` from weak to strong, of `targets` those that the project file names.

    `files` are those that say it, the project file last.
    """

    variables: Mapping[str, Variable] = {}
    defaults: tuple[Layer, ...] = ()
    targets: Mapping[str, TargetWords] = {}
    files: tuple[Document, ...] = ()

    def target(self, name: str) -> TargetWords:
        return self.targets.get(name, TargetWords(name))

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self.targets)


NOTHING = Declared()


def declared_in(files: Sequence[Document]) -> Declared:
    """What these files declare, from the weakest to the project file, which is the last."""
    if not files:
        return NOTHING
    variables: dict[str, Variable] = {}
    defaults: list[Layer] = []
    for file in files:
        for variable in _variables(file):
            variables[variable.name] = variable
        if (layer := _layer(file, "defaults")) is not None:
            defaults.append(layer)
    targets = {one.name: one for one in _targets(files[-1])}
    return Declared(variables, tuple(defaults), targets, tuple(files))


def _variables(file: Document) -> Iterator[Variable]:
    declared = _layer(file, "variables")
    for name in declared.tree if declared is not None else ():
        one = declared.at((name,)) if declared is not None else None
        if one is None or not isinstance(one.tree, dict):
            continue
        default = one.at(("default",))
        yield Variable(
            name, one.tree, one.place, file.file.name, default and default._replace(name=f"variables.{name}.default")
        )


def _targets(file: Document) -> Iterator[TargetWords]:
    for name, said in file.tree.get("targets", {}).items():
        variables = _layer(file, "targets", name, "variables")
        overrides = _layer(file, "targets", name, "overrides")
        yield TargetWords(
            name=name,
            variables=_each(variables),
            defaults=_layer(file, "targets", name, "defaults"),
            overrides=tuple(_items(overrides)),
            is_sealed=said.get("sealed") is True,
            secrets=bool(said.get("secrets")),
        )


def _each(layer: Layer | None) -> Mapping[str, Layer]:
    if layer is None:
        return {}
    found = {name: layer.at((name,)) for name in layer.tree}
    return {name: one for name, one in found.items() if one is not None}


def _items(layer: Layer | None) -> Iterator[Layer]:
    for index in range(len(layer.tree) if layer is not None else 0):
        one = layer.at((index,)) if layer is not None else None
        if one is not None:
            yield one._replace(name=f"{one.name}[{index}]")


def _layer(file: Document, *pointer: str) -> Layer | None:
    """A part of the file, whose places say that they are in it."""
    whole: Any = file.tree
    for step in pointer:
        if not isinstance(whole, dict) or step not in whole:
            return None
        whole = whole[step]
    place = spotted(file.positions.place(pointer), file.file.name)
    return Layer(whole, place, ".".join(pointer))
