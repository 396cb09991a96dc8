"""Check what specs say of each other: names, needs, references, shared outputs and sinks."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain

from fused_spec.messages.diagnostics import Diagnostic, Severity, guess, nearest
from fused_spec.spec.documents.positions import Pointer, dotted
from fused_spec.spec.model import Key, Kind
from fused_spec.spec.relations.declaration import Declaration, Mention, Places
from fused_spec.spec.relations.graph import find_cycle

_NAME: Pointer = ("metadata", "name")


def check_relations(declarations: Iterable[Declaration], places: Places) -> list[Diagnostic]:
    """Every problem between documents; documents that are wrong in themselves count as far as they can be read."""
    declared = [(key, one) for one in declarations if (key := one.key) is not None]
    check = _Check(declared, places)
    return places.told(
        lambda: chain(
            check.duplicates(),
            check.unknown_needs(),
            check.unknown_references(),
            check.missing_outputs(),
            check.cycles(),
            check.shared("output", lambda one: one.outputs, "two jobs write"),
            check.shared("sink", lambda one: () if one.sink is None else (one.sink,), "two tokens write"),
        )
    )


class _Check:
    def __init__(self, declared: Sequence[tuple[Key, Declaration]], places: Places) -> None:
        self._declared = declared
        self._places = places
        self._jobs = dict.fromkeys(key.name for key, _ in declared if key.kind is Kind.JOB)

    def duplicates(self) -> Iterator[Diagnostic]:
        first: dict[tuple[Kind, str], Declaration] = {}
        for key, one in self._declared:
            earlier = first.setdefault((key.kind, key.name.lower()), one)
            if earlier is not one:
                has_it = f"{self._places.value(earlier, _NAME)} has it first; rename one"
                yield self._problem("duplicate-name", f'another {key.kind} is named "{key.name}"', one, _NAME, has_it)

    def unknown_needs(self) -> Iterator[Diagnostic]:
        for key, one in self._declared:
            for need, pointer in _needs(one):
                if need not in self._jobs:
                    yield self._unknown(need, self._jobs, "job", one, pointer)
                elif need == key.name:
                    hint = "remove it from its own needs"
                    yield self._problem("cycle", f'"{need}" needs itself', one, pointer, hint)

    def missing_outputs(self) -> Iterator[Diagnostic]:
        written = outputs(one for _, one in self._declared)
        for _, one in self._declared:
            for name, pointer in one.reads:
                if name in self._jobs and name not in written:
                    hint = "only a partition step has an output; name a job with one, or write the address itself"
                    yield self._problem("no-output", f'the job "{name}" writes no output', one, pointer, hint)

    def unknown_references(self) -> Iterator[Diagnostic]:
        udfs = dict.fromkeys(key.name for key, _ in self._declared if key.kind is Kind.UDF)
        for key, one in self._declared:
            if key.kind is Kind.TOKEN and one.reference is not None and one.reference[0] not in udfs:
                yield self._unknown(one.reference[0], udfs, "Udf", one, one.reference[1])

    def cycles(self) -> Iterator[Diagnostic]:
        """One loop of needs, told once, at the need that closes it."""
        jobs = {key: one for key, one in self._declared if key.kind is Kind.JOB}
        graph = {
            key: [need for name, _ in _needs(one) if (need := Key(kind=Kind.JOB, name=name)) in jobs and need != key]
            for key, one in jobs.items()
        }
        cycle = find_cycle(graph) if any(graph.values()) else None
        if cycle is None:
            return
        one = jobs[cycle[0]]
        pointer = next(pointer for name, pointer in _needs(one) if name == cycle[1].name)
        way = " → ".join(key.name for key in cycle)
        yield self._problem("cycle", f"needs go in a circle: {way}", one, pointer, "remove one of these needs")

    def shared(
        self, what: str, mentions: Callable[[Declaration], Iterable[Mention]], message: str
    ) -> Iterator[Diagnostic]:
        """Two that write to one place would destroy each other's work."""
        writers: dict[str, list[tuple[Key, Declaration, Pointer]]] = defaultdict(list)
        for key, one in self._declared:
            for place, pointer in mentions(one):
                writers[place].append((key, one, pointer))
        for place, found in writers.items():
            first_key, first, pointer_of_first = found[0]
            for key, one, pointer in found[1:]:
                if key != first_key:
                    hint = f"{self._places.value(first, pointer_of_first)} has it first; give each its own"
                    yield self._problem(f"shared-{what}", f"{message} {place}", one, pointer, hint)

    def _unknown(self, name: str, known: Iterable[str], what: str, one: Declaration, pointer: Pointer) -> Diagnostic:
        meant = nearest(name, known)
        hint = guess(name, meant) if meant else "declare it, and apply its file together with this one"
        return self._problem("unknown-reference", f'no {what} is named "{name}" in these specs', one, pointer, hint)

    def _problem(self, code: str, message: str, one: Declaration, pointer: Pointer, hint: str) -> Diagnostic:
        return Diagnostic(
            code=code,
            message=message,
            location=self._places.value(one, pointer),
            severity=Severity.ERROR,
            pointer=dotted(pointer),
            hint=hint,
        )


def outputs(declarations: Iterable[Declaration]) -> dict[str, str]:
    """The address that each job writes to: that of its last step with an output."""
    return {
        one.name: one.output
        for one in declarations
        if one.kind == Kind.JOB and one.name is not None and one.output is not None
    }


def _needs(one: Declaration) -> tuple[Mention, ...]:
    """The jobs that must be over first, and where that is said; who reads an output needs the job that writes it."""
    return (*one.needs, *one.reads)
