"""Outputs that would destroy each other without being one: one that lies within another, and one for two targets.

What is wrong with many cells of a matrix in one way is told once for all of them.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import NamedTuple

from fused_spec.messages.diagnostics import Diagnostic, Severity
from fused_spec.spec.documents.positions import Pointer, dotted
from fused_spec.spec.documents.wording import either
from fused_spec.spec.relations.declaration import Declaration, Places

_STEPS = ("spec", "config")


Reach = tuple[str, str | None]
"""What a target writes to: the service behind it, and the environment there."""


class _Writer(NamedTuple):
    target: str
    of: Declaration
    pointer: Pointer

    @property
    def line(self) -> tuple[int, int, Pointer]:
        """The same for all cells of a matrix."""
        return self.of.file, self.of.document, self.pointer


def nested_outputs(declarations: Sequence[Declaration], places: Places) -> list[Diagnostic]:
    """A warning for each output in a folder that an ingestion writes: it replaces the whole of that, or refuses to."""
    folders = {
        address: (one, pointer)
        for one in declarations
        for address, pointer in one.outputs
        if pointer[: len(_STEPS)] == _STEPS
    }
    return places.told(lambda: _nested(declarations, folders, places)) if folders else []


def _nested(
    declarations: Sequence[Declaration], folders: Mapping[str, tuple[Declaration, Pointer]], places: Places
) -> Iterator[Diagnostic]:
    told: set[tuple[object, object]] = set()
    for one in declarations:
        for address, pointer in one.outputs:
            around = next((above for above in _above(address) if above in folders), None)
            if around is None:
                continue
            outer, outer_pointer = folders[around]
            pair = ((one.file, one.document, pointer), (outer.file, outer.document, outer_pointer))
            if pair not in told:
                told.add(pair)
                yield Diagnostic(
                    code="nested-output",
                    message=f'{address} lies in {around}, which the job "{outer.name}" replaces as a whole',
                    location=places.value(one, pointer),
                    severity=Severity.WARNING,
                    pointer=dotted(pointer),
                    hint=f"{places.value(outer, outer_pointer)} writes the folder around it; have them beside it",
                )


def _above(address: str) -> Iterator[str]:
    """The folders that an address lies in, from the nearest on."""
    root = address.find("://") + 3 if "://" in address else 1
    end = address.rfind("/", root)
    while end > root:
        yield address[:end].rstrip("/")
        end = address.rfind("/", root, end)


def shared_between_targets(
    declared: Mapping[str, Sequence[Declaration]], reaches: Mapping[str, Reach], places: Mapping[str, Places]
) -> list[Diagnostic]:
    """A warning for each line that gives an output which another environment writes as well.

    `declared` and `places` are by target. Each service has its own `fd://` and its own disk; what else an address names
    is one thing for all.
    """
    writers: dict[str, dict[str, _Writer]] = defaultdict(dict)
    for target, declarations in declared.items():
        for one in declarations:
            for address, pointer in one.outputs:
                # Where one target writes it twice, that is told as such.
                writers[address].setdefault(target, _Writer(target, one, pointer))
    lines: dict[tuple[int, int, Pointer], list[tuple[str, list[_Writer]]]] = defaultdict(list)
    for address, by_target in writers.items():
        for group in _clashing(address, list(by_target.values()), reaches):
            lines[group[0].line].append((address, group))

    problems: Callable[[], list[Diagnostic]] = lambda: [_shared(found, places) for found in lines.values()]  # noqa: E731
    for of_target in places.values():
        problems = partial(of_target.told, problems)
    return problems()


def _clashing(address: str, writers: Sequence[_Writer], reaches: Mapping[str, Reach]) -> Iterable[list[_Writer]]:
    """Those that write to one place, in groups of at least two environments."""
    places: dict[str, list[_Writer]] = defaultdict(list)
    for writer in writers:
        is_own = address.startswith(("fd://", "file://", "/"))
        places[reaches[writer.target][0] if is_own else ""].append(writer)
    return [group for group in places.values() if len({reaches[one.target] for one in group}) > 1]


def _shared(found: Sequence[tuple[str, list[_Writer]]], places: Mapping[str, Places]) -> Diagnostic:
    address, group = found[0]
    first = group[0]
    names = either((one.target for one in group), "and")
    more = f", and {len(found) - 1:,} more of the same line" if len(found) > 1 else ""
    other = next((one for one in group if one.line != first.line), None)
    also = f"{other.target} by {places[other.target].value(other.of, other.pointer)}; " if other is not None else ""
    return Diagnostic(
        code="output-of-two-targets",
        message=f"{names} {'both' if len(group) == 2 else 'all'} write {address}{more}",
        location=places[first.target].value(first.of, first.pointer),
        severity=Severity.WARNING,
        pointer=dotted(first.pointer),
        hint=f"{also}write a variable into it that differs between them, such as ${{target.name}}",
    )
