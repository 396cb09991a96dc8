"""Check what specs say of each other: names, needs, references, shared outputs and sinks."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from itertools import chain

from fused_spec.messages.diagnostics import Diagnostic, Severity, guess, nearest
from fused_spec.spec.documents.positions import Pointer, dotted
from fused_spec.spec.language.absent import Absent
from fused_spec.spec.model import Key, Kind
from fused_spec.spec.relations.declaration import Declaration, Mention, Need, Places
from fused_spec.spec.relations.graph import find_cycle
from fused_spec.spec.relations.selection import Groups, Selection

_NAME: Pointer = ("metadata", "name")


def check_relations(
    declarations: Iterable[Declaration],
    places: Places,
    absent: Mapping[tuple[str, str], Absent],
    lost: Collection[str] = (),
) -> list[Diagnostic]:
    """Every problem between documents; documents that are wrong in themselves count as far as they can be read.

    `absent` are those that only exist at other targets, by kind and name; `lost` are names that documents may declare
    which could not be put together, and nobody can say of them that they are unknown.
    """
    declared = [(key, one) for one in declarations if (key := one.key) is not None]
    check = _Check(declared, places, absent, lost)
    return places.told(
        lambda: chain(
            check.duplicates(),
            check.moves(),
            check.unknown_needs(),
            check.unknown_references(),
            check.missing_outputs(),
            check.cycles(),
            check.shared("shared-output", lambda one: one.outputs, "two jobs write"),
            check.shared("shared-sink", lambda one: () if one.sink is None else (one.sink,), "two tokens write"),
        )
    )


class _Check:
    def __init__(
        self,
        declared: Sequence[tuple[Key, Declaration]],
        places: Places,
        absent: Mapping[tuple[str, str], Absent],
        lost: Collection[str],
    ) -> None:
        self._declared = declared
        self._lost = lost
        self._absent = absent
        self._places = places
        self._jobs = dict.fromkeys(key.name for key, _ in declared if key.kind is Kind.JOB)
        self._groups = Groups(one for _, one in declared)
        words = {Kind.JOB: "job", Kind.UDF: "Udf"}
        self._now = {(words.get(key.kind), name): key.name for key, one in declared for name, _ in one.former}

    def duplicates(self) -> Iterator[Diagnostic]:
        first: dict[tuple[Kind, str], Declaration] = {}
        for key, one in self._declared:
            earlier = first.setdefault((key.kind, key.name.lower()), one)
            if earlier is not one:
                has_it = f"{self._places.value(earlier, _NAME)} has it first; rename one"
                yield self._problem("duplicate-name", f'another {key.kind} is named "{key.name}"', one, _NAME, has_it)
            elif key.kind is Kind.JOB and key.name in self._groups:
                hint = "rename one: a matrix takes its own name as well as those of its cells"
                yield self._problem("duplicate-name", f'a matrix is named "{key.name}"', one, _NAME, hint)

    def moves(self) -> Iterator[Diagnostic]:
        """Former names that are names of today, or that two claim; of the cells of a matrix one tells it."""
        declared = dict(reversed(self._declared))
        claimed: dict[Key, tuple[Declaration, Pointer]] = {}
        told: set[tuple[int, int, Pointer]] = set()
        for key, one in self._declared:
            for name, pointer in one.former:
                former, line = Key(kind=key.kind, name=name), (one.file, one.document, pointer)
                other = declared.get(former)
                first, place = claimed.setdefault(former, (one, pointer))
                if line in told or (other is None and first is one):
                    continue
                told.add(line)
                if other is one:
                    yield self._problem("moved-name", f'"{name}" is its name of now', one, pointer, "remove this line")
                elif other is not None:
                    message = f'"{name}" is still declared at {self._places.value(other, _NAME)}'
                    yield self._problem("moved-name", message, one, pointer, "remove it there, or remove this line")
                else:
                    where = f"{key.kind}/{first.name} at {self._places.value(first, place)}"
                    message = f'two say that they were called "{name}": {key}, and {where}'
                    yield self._problem("moved-name", message, one, pointer, "only one can have what ran under it")

    def unknown_needs(self) -> Iterator[Diagnostic]:
        for key, one in self._declared:
            for need, pointer in _needs(one):
                if need.name in self._groups:
                    yield from self._cells(need, one, pointer)
                elif need.name not in self._jobs and need.name in self._lost:
                    continue
                elif need.name not in self._jobs:
                    yield self._unknown(need.name, (*self._jobs, *self._groups.names), "job", one, pointer)
                elif need.where or need.lacking is not None:
                    hint = f"write {need.name} alone"
                    yield self._problem("no-matrix", f'"{need.name}" has no matrix', one, pointer, hint)
                elif need.name == key.name:
                    hint = "remove it from its own needs"
                    yield self._problem("cycle", f'"{need.name}" needs itself', one, pointer, hint)

    def _cells(self, need: Selection, one: Declaration, pointer: Pointer) -> Iterator[Diagnostic]:
        """What is wrong with how the cells of a group are meant."""
        theirs = self._groups.dimensions(need.name)
        for name in (*need.where, *([need.lacking] if need.lacking is not None else [])):
            if name not in theirs:
                meant = nearest(name, theirs)
                hint = guess(name, meant) if meant else f"its dimensions are {', '.join(theirs)}"
                yield self._problem("no-such-dimension", f'{need.name} has no dimension "{name}"', one, pointer, hint)
                return
        if need.lacking is not None:
            message = f'same: this job has no dimension "{need.lacking}"'
            yield self._problem("no-such-dimension", message, one, pointer, "write where, or give it a matrix")
        elif not self._groups.jobs(need):
            message = f"{need.name} has no such cell: {need}"
            yield self._problem("no-such-cell", message, one, pointer, "name elements that its matrix has")

    def missing_outputs(self) -> Iterator[Diagnostic]:
        written = outputs(one for _, one in self._declared)
        for _, one in self._declared:
            for need, pointer in one.reads:
                for name in self._groups.jobs(need):
                    if name in self._jobs and name not in written:
                        hint = "name a job with a partition step or with spec.output, or write the address itself"
                        yield self._problem("no-output", f'the job "{name}" writes no output', one, pointer, hint)
                        break

    def unknown_references(self) -> Iterator[Diagnostic]:
        udfs = dict.fromkeys(key.name for key, _ in self._declared if key.kind is Kind.UDF)
        for key, one in self._declared:
            if key.kind is Kind.TOKEN and one.reference is not None:
                name, pointer = one.reference
                if name not in udfs and name not in self._lost:
                    yield self._unknown(name, udfs, "Udf", one, pointer)

    def cycles(self) -> Iterator[Diagnostic]:
        """One loop of needs, told once, at the need that closes it."""
        jobs = {key: one for key, one in self._declared if key.kind is Kind.JOB}
        graph = {key: [need for need, _ in self._edges(key, one) if need in jobs] for key, one in jobs.items()}
        cycle = find_cycle(graph) if any(graph.values()) else None
        if cycle is None:
            return
        one = jobs[cycle[0]]
        pointer = next(pointer for need, pointer in self._edges(cycle[0], one) if need == cycle[1])
        way = " → ".join(key.name for key in cycle)
        yield self._problem("cycle", f"needs go in a circle: {way}", one, pointer, "remove one of these needs")

    def _edges(self, key: Key, one: Declaration) -> Iterator[tuple[Key, Pointer]]:
        """The jobs that one needs, without itself where that is told already."""
        for need, pointer in _needs(one):
            for name in self._groups.jobs(need):
                if name != key.name or need.name in self._groups:
                    yield Key(kind=Kind.JOB, name=name), pointer

    def shared(
        self, code: str, mentions: Callable[[Declaration], Iterable[Mention]], message: str
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
                    yield self._problem(code, f"{message} {place}", one, pointer, hint)

    def _unknown(self, name: str, known: Iterable[str], what: str, one: Declaration, pointer: Pointer) -> Diagnostic:
        kind = Kind.JOB if what == "job" else Kind.UDF
        if (elsewhere := self._absent.get((str(kind), name))) is not None:
            message, hint = elsewhere.words(what, name)
            return self._problem("not-at-target", message, one, pointer, hint)
        meant = self._now.get((what, name)) or nearest(name, known)
        hint = guess(name, meant) if meant else "declare it, and apply its file together with this one"
        if (what, name) in self._now:
            hint = f'it is called "{meant}" now'
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


def outputs(declarations: Iterable[Declaration]) -> dict[str, tuple[str, ...]]:
    """The addresses that each job writes to, by its name."""
    return {one.name: one.output for one in declarations if one.kind == Kind.JOB and one.name and one.output}


def _needs(one: Declaration) -> tuple[Need, ...]:
    """The jobs that must be over first, and where that is said; who reads an output needs the job that writes it."""
    return (*one.needs, *one.reads)
