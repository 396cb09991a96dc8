"""A layer: what one place says of a document, as a tree of values beside the tree of their places."""

from dataclasses import dataclass, field
from typing import Any, NamedTuple

from fused_spec.messages.diagnostics import Diagnostic, Location, Severity
from fused_spec.spec.documents.positions import Place, Pointer, Positions, dotted, location


class Layer(NamedTuple):
    """A value, its places, and what it is called: `defaults.Job`, `Fragment/patient`, the document itself.

    Places in another file than the document's say which (`Spot`).
    """

    tree: Any
    place: Place
    name: str = ""

    def at(self, pointer: Pointer) -> "Layer | None":
        """What the layer says of one field, if it says anything."""
        tree, place = self.tree, self.place
        for step in pointer:
            inside = place[1]
            if isinstance(tree, dict) and step in tree and isinstance(inside, dict) and step in inside:
                tree, place = tree[step], inside[step][1]
            elif isinstance(tree, list) and isinstance(step, int) and step < len(tree) and isinstance(inside, list):
                tree, place = tree[step], inside[step]
            else:
                return None
        return Layer(tree, place, self.name)

    def without(self, *names: str) -> "Layer":
        """The same mapping without some of its fields."""
        if not any(name in self.tree for name in names):
            return self
        tree = {name: value for name, value in self.tree.items() if name not in names}
        mark, inside = self.place
        return Layer(tree, (mark, {name: one for name, one in inside.items() if name not in names}), self.name)

    def positions(self, path: str) -> Positions:
        return Positions(path, self.place)


@dataclass(slots=True)
class Told:
    """What is wrong with one document, gathered as it is taken together from its layers; `path` is its file."""

    path: str
    problems: list[Diagnostic] = field(default_factory=list)

    def tell(
        self,
        code: str,
        message: str,
        place: Place,
        hint: str,
        pointer: Pointer = (),
        severity: Severity = Severity.ERROR,
    ) -> None:
        self.problems.append(
            Diagnostic(
                code=code,
                message=message,
                location=location(place[0], self.path),
                pointer=dotted(pointer),
                hint=hint,
                severity=severity,
            )
        )

    def problem(self, code: str, message: str, hint: str) -> Diagnostic:
        """A problem of the file as a whole."""
        return Diagnostic(code=code, message=message, location=Location(path=self.path), hint=hint)

    def where(self, place: Place) -> Location:
        return location(place[0], self.path)
