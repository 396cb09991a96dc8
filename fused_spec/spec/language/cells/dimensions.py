"""The elements of a dimension: a list, a variable, a file, or a range of the calendar."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from fused_spec.messages.diagnostics import Location
from fused_spec.spec.documents.document import read_documents
from fused_spec.spec.documents.positions import Place, Spot, spotted
from fused_spec.spec.files.discovery import SpecFile
from fused_spec.spec.files.named_files import Folder, Trouble
from fused_spec.spec.inputs.local_inputs import Inputs
from fused_spec.spec.language.cells import ranges
from fused_spec.spec.language.cells.doubtful import doubtful_in_file
from fused_spec.spec.language.cells.elements import AT, KEY, Element, check_keys, element_of
from fused_spec.spec.language.cells.matrix import WORDS, Matrix
from fused_spec.spec.language.merging.layer import Layer, Told

_FORMS = "write a list, {file: …} or {from: …, through: …}"
_RANGE = ("from", "through", "until")


@dataclass(frozen=True, slots=True, kw_only=True)
class Dimensions:
    """Reads the dimensions of a document: `folder` is where its files are, `today` what `last-complete` goes by."""

    inputs: Inputs
    folder: Folder
    today: date
    told: Told

    def matrix(self, layer: Layer) -> Matrix | None:
        """The matrix that a layer says, with its names filled in; None when it is none."""
        if not isinstance(layer.tree, dict):
            self.told.tell("bad-matrix", "a matrix is a mapping of dimensions", layer.place, "write name: [a, b]", AT)
            return None
        names = [name for name in layer.tree if name not in WORDS]
        if not names:
            self.told.tell("bad-matrix", "a matrix without a dimension", layer.place, "write name: [a, b]", AT)
            return None
        dimensions: dict[str, list[Element]] = {}
        for name in names:
            said = layer.at((name,))
            if said is not None and (elements := self._elements(name, said)) is not None:
                dimensions[name] = check_keys(elements, name, self.told)
        if len(dimensions) < len(names):
            return None
        return Matrix(dimensions=dimensions, layer=layer, told=self.told, name=layer.at(("name",)))

    def _elements(self, name: str, said: Layer) -> list[Element] | None:
        if isinstance(said.tree, list):
            return self._listed(name, said, None)
        if isinstance(said.tree, dict) and "file" in said.tree and set(said.tree) <= {"file", "key"}:
            return self._in_file(name, said)
        if isinstance(said.tree, dict) and "from" in said.tree and set(said.tree) <= set(_RANGE):
            return self._range(name, said)
        self._tell(f'"{name}" has no elements', said.place, name, _FORMS)
        return None

    def _listed(self, name: str, said: Layer, by: str | None) -> list[Element] | None:
        items = (said.at((index,)) for index in range(len(said.tree)))
        found = [element_of(item, name, by, self.told) for item in items if item is not None]
        return None if None in found else [one for one in found if one is not None]

    def _in_file(self, name: str, said: Layer) -> list[Element] | None:
        file, by = said.tree["file"], said.tree.get("key")
        if not isinstance(file, str) or not isinstance(by, str | None):
            self._tell(
                f'the file of "{name}" and its key are text', said.place, name, "write {file: list.csv, key: id}"
            )
            return None
        if file.lower().endswith((".yaml", ".yml")):
            listed = self._yaml(file, said, name, by)
            return None if listed is None else self._listed(name, listed, by)
        elements = self.inputs.elements(file, self.folder)
        if isinstance(elements, Trouble):
            place = said.place if elements.place is None else _place(elements.place)
            self.told.tell(elements.code, elements.message, place, elements.hint, (*AT, name, "file"))
            return None
        found = [
            element_of(Layer(value, _place(elements.place(index))), name, by or _only_key(value), self.told)
            for index, value in enumerate(elements.values)
        ]
        return None if None in found else [one for one in found if one is not None]

    def _yaml(self, file: str, said: Layer, name: str, by: str | None) -> Layer | None:
        path = self.folder.locate(file)
        if isinstance(path, Trouble):
            self.told.tell(path.code, path.message, said.place, path.hint, (*AT, name, "file"))
            return None
        content = SpecFile(name=self.folder.shown(path), path=path, content=path.read_bytes(), named=True)
        documents, problems = read_documents(content)
        self.told.problems += problems
        if problems:
            return None
        tree = documents[0].tree if len(documents) == 1 else None
        if not isinstance(tree, list):
            self._tell(f"{file} holds no list", said.place, name, "write one element on each line, with a hyphen")
            return None
        if doubtful := list(doubtful_in_file(documents[0], by or KEY)):
            self.told.problems += doubtful
            return None
        return Layer(tree, spotted(documents[0].positions.root, content.name))

    def _range(self, name: str, said: Layer) -> list[Element] | None:
        bounds = {word: _bound(said.tree[word]) for word in _RANGE if word in said.tree}
        if len(bounds) != 2 or None in bounds.values():
            hint = "write {from: 2024-01, through: 2024-12}"
            message = f'the range of "{name}" has from, and one of through and until'
            self._tell(message, said.place, name, hint, "bad-range")
            return None
        first, through, until = (bounds.get(word) for word in _RANGE)
        try:
            if through == ranges.LAST_COMPLETE and first is not None:
                through = ranges.last_complete(ranges.label(first).unit, self.today).key
            found = list(_limited(ranges.labels(str(first), through=through, until=until)))
        except ranges.RangeError as error:
            code = "no-such-label" if isinstance(error, ranges.NoSuchLabel) else "bad-range"
            self._tell(str(error), said.place, name, error.hint, code)
            return None
        if len(found) > ranges.MAX_LABELS:
            message = f'"{name}" has more than {ranges.MAX_LABELS:,} labels'
            self._tell(message, said.place, name, "take larger steps", "bad-range")
            return None
        return [Element(one.key, one.fields, (said.place[0], None), one.key) for one in found]

    def _tell(self, message: str, place: Place, name: str, hint: str, code: str = "bad-dimension") -> None:
        self.told.tell(code, message, place, hint, (*AT, name))


def _limited(labels: Iterator[ranges.Label]) -> Iterator[ranges.Label]:
    for count, one in enumerate(labels):
        if count > ranges.MAX_LABELS:
            return
        yield one


def _bound(value: Any) -> str | None:
    """A bound as text: an unquoted year is a number."""
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:04}"
    return value if isinstance(value, str) else None


def _only_key(value: Any) -> str | None:
    """The column of a table that has but one, which needs no name."""
    return next(iter(value)) if isinstance(value, dict) and len(value) == 1 else None


def _place(location: Location) -> Place:
    return Spot(location.path, location.line - 1, location.column - 1), None
