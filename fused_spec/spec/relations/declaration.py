"""What a document says of others, and what others may ask of it: all that is kept of one that has been looked at.

A hundred thousand documents with the places of all their values are too much to keep, so a declaration has none. The
few places that are told are found by reading the file once more.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from fused_spec.messages.diagnostics import Diagnostic, Location
from fused_spec.spec.documents.document import Document
from fused_spec.spec.documents.positions import Pointer
from fused_spec.spec.files.discovery import SpecFile
from fused_spec.spec.model import Key, Kind
from fused_spec.spec.relations.outputs import read_outputs, steps_of, written_by
from fused_spec.spec.relations.selection import Selection, selection_of

Mention = tuple[str, Pointer]
"""A name or an address, and where the document has it."""

Need = tuple[Selection, Pointer]
"""The jobs that are meant, and where the document means them."""

MOVED_FROM: Pointer = ("metadata", "moved_from")
_NEEDS: Pointer = ("spec", "needs")
_OUTPUT: Pointer = ("spec", "output")
_SINK: Pointer = ("spec", "sink")
_REFERENCE: Pointer = ("spec", "udf", "ref")
_STEPS: Pointer = ("spec", "config", "steps")


class Declaration(NamedTuple):
    """One document: the number of its file, its own in it, and what it says.

    `needs` are named under `needs` alone, `reads` are the jobs whose outputs it reads; `output` are the addresses that
    `{output_of: …}` stands for: those that the job declares, or that of its last step with one; `former` are the names
    that it had. A document that is wrong in itself says what can be read of it.
    """

    file: int
    document: int
    kind: str | None
    name: str | None
    slug: str | None = None
    needs: tuple[Need, ...] = ()
    reads: tuple[Need, ...] = ()
    outputs: tuple[Mention, ...] = ()
    output: tuple[str, ...] = ()
    sink: Mention | None = None
    reference: Mention | None = None
    group: str | None = None
    cell: Mapping[str, str] = {}
    former: tuple[Mention, ...] = ()

    @property
    def key(self) -> Key | None:
        if self.name is None or self.kind not in tuple(Kind):
            return None
        return Key(kind=Kind(self.kind), name=self.name)


def declaration_of(document: Document, file: int) -> Declaration:
    """What a document of the file of this number says."""
    tree, steps = document.tree, steps_of(document)
    written = written_by(tree, steps)
    slug = _value_at(tree, ("spec", "slug"))
    needs = _value_at(tree, _NEEDS)
    return Declaration(
        file=file,
        document=document.index,
        kind=document.kind,
        name=document.name,
        slug=slug if isinstance(slug, str) else None,
        needs=tuple(
            (need, (*_NEEDS, index))
            for index, said in enumerate(needs if isinstance(needs, list) else ())
            if (need := selection_of(said, document.cell)) is not None
        ),
        reads=tuple(read_outputs(document)),
        outputs=tuple(_known((*_declared(tree), *_of_steps(steps)), document.holes)),
        output=written,
        sink=_sink(tree),
        reference=_text_at(tree, _REFERENCE),
        group=document.group,
        cell=document.cell,
        former=tuple(former_names(tree)),
    )


def _sink(tree: Any) -> Mention | None:
    """The file that a token's value goes to, the line of one, or the variable at GitLab."""
    match _value_at(tree, (*_SINK, "env_file")):
        case {"path": str(path), "name": str(name)}:
            return f"{path} ({name})", (*_SINK, "env_file")
    match _value_at(tree, (*_SINK, "gitlab_variable")):
        case {"name": str(name), **said}:
            told = ", ".join(f"{key} {said[key]}" for key in ("project", "environment") if key in said)
            return f"GitLab's variable {name}" + (f" ({told})" if told else ""), (*_SINK, "gitlab_variable")
    return _text_at(tree, (*_SINK, "file"))


def former_names(tree: Any) -> Iterator[Mention]:
    """The names that a plain document says it had, the newest first."""
    said = _value_at(tree, MOVED_FROM)
    for index, one in enumerate(said if isinstance(said, list) else ()):
        if isinstance(one, str):
            yield one, (*MOVED_FROM, index)
        elif isinstance(one, dict) and isinstance(one.get("name"), str):
            yield one["name"], (*MOVED_FROM, index, "name")


def _declared(tree: Any) -> Iterator[Mention]:
    """The addresses that a job says it writes."""
    said = _value_at(tree, _OUTPUT)
    for index, address in enumerate(said if isinstance(said, list) else [said]):
        if isinstance(address, str):
            yield address.rstrip("/"), (*_OUTPUT, index) if isinstance(said, list) else _OUTPUT


def _of_steps(steps: Sequence[Any]) -> Iterator[Mention]:
    for index, step in enumerate(steps):
        for name in ("output", "output_metadata"):
            if isinstance(step, dict) and isinstance(step.get(name), str):
                yield step[name].rstrip("/"), (*_STEPS, index, name)


def _known(mentions: Sequence[Mention], holes: Collection[Pointer]) -> Iterator[Mention]:
    """Those whose value somebody has given."""
    for address, pointer in mentions:
        if not holes or not any(pointer[: len(hole)] == hole for hole in holes):
            yield address, pointer


_One = tuple[int, str | None]
"""A document of a file: its number, and its name, which tells the cells of a matrix apart."""


class Places:
    """Finds where things stand in documents that nobody kept: a file is read once more, for all that is asked of it."""

    def __init__(self, files: Sequence[SpecFile], read: Callable[[SpecFile], Sequence[Document]]) -> None:
        self._files = files
        self._read = read
        self._asked: dict[int, dict[tuple[_One, Pointer], None]] = {}
        self._found: dict[tuple[int, _One, Pointer], Location] = {}

    def told(self, check: Callable[[], Iterable[Diagnostic]]) -> list[Diagnostic]:
        """What a check tells: it is asked once to hear which places it needs, and where it needs any once more."""
        problems = list(check())
        if not self._asked:
            return problems
        self._look_up()
        return list(check())

    def value(self, of: Declaration, pointer: Pointer) -> Location:
        """Where the value starts; within `told` any place at first."""
        one = (of.document, of.name)
        known = self._found.get((of.file, one, pointer))
        if known is None:
            self._asked.setdefault(of.file, {})[one, pointer] = None
        return known or Location(path=self._files[of.file].name)

    def _look_up(self) -> None:
        for number, asked in self._asked.items():
            documents = {(one.index, one.name): one for one in self._read(self._files[number])}
            for one, pointer in asked:
                self._found[number, one, pointer] = documents[one].positions.value(pointer)
        self._asked.clear()


def _text_at(tree: Any, pointer: Pointer) -> Mention | None:
    value = _value_at(tree, pointer)
    return (value, pointer) if isinstance(value, str) else None


def _value_at(tree: Any, pointer: Pointer) -> Any:
    for step in pointer:
        if not isinstance(tree, dict) or step not in tree:
            return None
        tree = tree[step]
    return tree
