"""Check what specs say of each other: names, needs, references, shared outputs and sinks."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from fused_spec.messages.diagnostics import Diagnostic, Location, Severity, guess, nearest
from fused_spec.spec.documents.document import Document
from fused_spec.spec.documents.positions import Pointer, dotted
from fused_spec.spec.model import Key, Kind
from fused_spec.spec.relations.graph import find_cycle
from fused_spec.spec.relations.outputs import outputs, read_outputs

_NAME: Pointer = ("metadata", "name")
_NEEDS: Pointer = ("spec", "needs")


def check_relations(documents: Sequence[Document]) -> list[Diagnostic]:
    """Every problem between documents; documents that are wrong in themselves count as far as they can be read."""
    declared = [(key, document) for document in documents if (key := _key(document)) is not None]
    return [
        *_duplicates(declared),
        *_unknown_needs(declared),
        *_unknown_references(declared),
        *_missing_outputs(declared),
        *_cycles(declared),
        *_shared(declared, "output", _outputs, "two jobs write"),
        *_shared(declared, "sink", _sinks, "two tokens write"),
    ]


Declared = Sequence[tuple[Key, Document]]


def _key(document: Document) -> Key | None:
    if document.name is None or document.kind not in tuple(Kind):
        return None
    return Key(kind=Kind(document.kind), name=document.name)


def _duplicates(declared: Declared) -> Iterator[Diagnostic]:
    first: dict[tuple[Kind, str], Document] = {}
    for key, document in declared:
        earlier = first.setdefault((key.kind, key.name.lower()), document)
        if earlier is not document:
            yield _problem(
                "duplicate-name",
                f'another {key.kind} is named "{key.name}"',
                document,
                _NAME,
                f"{earlier.positions.value(_NAME)} has it first; rename one",
            )


def _unknown_needs(declared: Declared) -> Iterator[Diagnostic]:
    jobs = [key.name for key, _ in declared if key.kind is Kind.JOB]
    for key, document in declared:
        for need, pointer in _needs(document):
            if need not in jobs:
                yield _unknown(need, jobs, "job", document, pointer)
            elif need == key.name:
                yield _problem("cycle", f'"{need}" needs itself', document, pointer, "remove it from its own needs")


def _missing_outputs(declared: Declared) -> Iterator[Diagnostic]:
    jobs = {key.name for key, _ in declared if key.kind is Kind.JOB}
    written = outputs(document for _, document in declared)
    for _, document in declared:
        for name, pointer in read_outputs(document):
            if name in jobs and name not in written:
                hint = "only a partition step has an output; name a job with one, or write the address itself"
                yield _problem("no-output", f'the job "{name}" writes no output', document, pointer, hint)


def _unknown_references(declared: Declared) -> Iterator[Diagnostic]:
    udfs = [key.name for key, _ in declared if key.kind is Kind.UDF]
    at: Pointer = ("spec", "udf", "ref")
    for key, document in declared:
        reference = _value_at(document.tree, at)
        if key.kind is Kind.TOKEN and isinstance(reference, str) and reference not in udfs:
            yield _unknown(reference, udfs, "Udf", document, at)


def _unknown(name: str, known: Sequence[str], what: str, document: Document, pointer: Pointer) -> Diagnostic:
    meant = nearest(name, known)
    hint = guess(name, meant) if meant else "declare it, and apply its file together with this one"
    return _problem("unknown-reference", f'no {what} is named "{name}" in these specs', document, pointer, hint)


def _cycles(declared: Declared) -> Iterator[Diagnostic]:
    """One loop of needs, told once, at the need that closes it."""
    documents = {key: document for key, document in declared if key.kind is Kind.JOB}
    graph = {
        key: [
            need for name, _ in _needs(document) if (need := Key(kind=Kind.JOB, name=name)) in documents and need != key
        ]
        for key, document in documents.items()
    }
    cycle = find_cycle(graph)
    if cycle is None:
        return
    document = documents[cycle[0]]
    pointer = next(pointer for name, pointer in _needs(document) if name == cycle[1].name)
    way = " → ".join(key.name for key in cycle)
    yield _problem("cycle", f"needs go in a circle: {way}", document, pointer, "remove one of these needs")


def _shared(
    declared: Declared, what: str, places: Callable[[Document], Iterable[tuple[str, Pointer]]], message: str
) -> Iterator[Diagnostic]:
    """Two that write to one place would destroy each other's work."""
    writers: dict[str, list[tuple[Key, Document, Pointer]]] = defaultdict(list)
    for key, document in declared:
        for place, pointer in places(document):
            writers[place].append((key, document, pointer))
    for place, found in writers.items():
        first_key, first, pointer_of_first = found[0]
        for key, document, pointer in found[1:]:
            if key != first_key:
                hint = f"{first.positions.value(pointer_of_first)} has it first; give each its own"
                yield _problem(f"shared-{what}", f"{message} {place}", document, pointer, hint)


def _outputs(document: Document) -> Iterator[tuple[str, Pointer]]:
    steps = _value_at(document.tree, ("spec", "config", "steps"))
    for index, step in enumerate(steps if isinstance(steps, list) else []):
        for name in ("output", "output_metadata"):
            if isinstance(step, dict) and isinstance(step.get(name), str):
                yield step[name].rstrip("/"), ("spec", "config", "steps", index, name)


def _sinks(document: Document) -> Iterator[tuple[str, Pointer]]:
    at: Pointer = ("spec", "sink", "file")
    sink = _value_at(document.tree, at)
    if isinstance(sink, str):
        yield sink, at


def _needs(document: Document) -> list[tuple[str, Pointer]]:
    """The jobs that must be over first, and where that is said; who reads an output needs the job that writes it."""
    needs = _value_at(document.tree, _NEEDS)
    named = enumerate(needs if isinstance(needs, list) else [])
    return [
        *((need, (*_NEEDS, index)) for index, need in named if isinstance(need, str)),
        *read_outputs(document),
    ]


def _value_at(tree: Any, pointer: Pointer) -> Any:
    for step in pointer:
        if not isinstance(tree, dict) or step not in tree:
            return None
        tree = tree[step]
    return tree


def _problem(code: str, message: str, document: Document, pointer: Pointer, hint: str) -> Diagnostic:
    location: Location = document.positions.value(pointer)
    return Diagnostic(
        code=code, message=message, location=location, severity=Severity.ERROR, pointer=dotted(pointer), hint=hint
    )
