"""Check what is said for many documents where it is said: defaults, overrides and fragments."""

from collections.abc import Iterator, Sequence

from msgspec.structs import replace

from fused_spec.messages.diagnostics import Diagnostic, nearest
from fused_spec.spec.checking.partial import part_problems
from fused_spec.spec.checking.schema import SPEC_KINDS
from fused_spec.spec.documents.document import Document
from fused_spec.spec.documents.positions import Pointer, Positions, dotted
from fused_spec.spec.documents.wording import spelt
from fused_spec.spec.language.merging.layer import Layer, Told
from fused_spec.spec.language.names.templates import MARK
from fused_spec.spec.language.project.matching import match_of
from fused_spec.spec.language.project.patterns import pattern_fault

_SPEC: Pointer = ("spec",)
_STEP: Pointer = ("spec", "config", "steps", 0)


def parts_of_files(files: Sequence[Document]) -> list[Diagnostic]:
    """What is wrong with the defaults and overrides of a project file and of those that it includes."""
    found: list[Diagnostic] = []
    for file in files:
        whole = Layer(file.tree, file.positions.root)
        found += _patterns(file.file.name, whole.at(("variables",)), ("variables",))
        found += _defaults(file, whole, ("defaults",))
        targets = whole.at(("targets",))
        for name in targets.tree if targets is not None and isinstance(targets.tree, dict) else ():
            found += _defaults(file, whole, ("targets", name, "defaults"))
            found += _overrides(file, whole, ("targets", name, "overrides"))
    return found


def fragment_problems(document: Document) -> list[Diagnostic]:
    """What is wrong with the fields of a fragment, which are those of one kind at least."""
    whole = Layer(document.tree, document.positions.root)
    by_kind = [list(_part(document, whole, _SPEC, kind, _SPEC)) for kind in SPEC_KINDS]
    return min(by_kind, key=len)


def _defaults(file: Document, whole: Layer, at: Pointer) -> Iterator[Diagnostic]:
    said = whole.at(at)
    if said is None or not isinstance(said.tree, dict):
        return
    for kind in SPEC_KINDS:
        for part in ("metadata", "spec"):
            yield from _part(file, whole, (*at, kind, part), kind, (part,))
        for pointer, reason in (
            ((*at, kind, "metadata", "name"), "a name"),
            ((*at, kind, "metadata", "targets"), "targets"),
            ((*at, kind, "spec", "config", "steps"), "steps"),
        ):
            if (one := whole.at(pointer)) is not None:
                told = Told(file.file.name)
                told.tell("bad-default", f"there is no default for {reason}", one.place, "remove it", pointer)
                yield from told.problems
    steps = whole.at((*at, "steps"))
    for name in steps.tree if steps is not None and isinstance(steps.tree, dict) else ():
        if name in ("udf", "partition_geospatial", "partition_nongeospatial"):
            yield from _part(file, whole, (*at, "steps", name), "Job", (*_STEP, name))


def _overrides(file: Document, whole: Layer, at: Pointer) -> Iterator[Diagnostic]:
    said = whole.at(at)
    for index in range(len(said.tree) if said is not None and isinstance(said.tree, list) else 0):
        override = whole.at((*at, index))
        if override is None or not isinstance(override.tree, dict):
            continue
        match = match_of(override)
        if match is None:
            told = Told(file.file.name)
            place = (override.at(("match",)) or override).place
            hint = "write Job/tiles, Job/*, {job: tiles, matrix: {month: 2024-05}} or {labels: {size: heavy}}"
            told.tell("bad-match", "nobody can tell what this matches", place, hint, (*at, index, "match"))
            yield from told.problems
            continue
        named = (match.kind_and_name or "").partition("/")[0]
        kinds = [kind for kind in SPEC_KINDS if kind == named] or list(SPEC_KINDS)
        if match.kind_and_name is not None and named not in SPEC_KINDS and not match.is_glob:
            meant = nearest(named, SPEC_KINDS)
            told = Told(file.file.name)
            place = (override.at(("match",)) or override).place
            hint = f"did you mean {meant}/…?" if meant else "write Job/, Udf/ or UdfAccessToken/ before the name"
            told.tell("bad-match", f'"{match.kind_and_name}" has no kind before its name', place, hint, (*at, index))
            yield from told.problems
        for word in ("name", "targets"):
            if (one := override.at(("metadata", word))) is not None:
                told = Told(file.file.name)
                message = f"an override changes what exists, and {word} says what does"
                told.tell("bad-default", message, one.place, "write it in the spec", (*at, index, "metadata", word))
                yield from told.problems
        for part in ("metadata", "spec"):
            found = [list(_part(file, whole, (*at, index, part), kind, (part,))) for kind in kinds]
            yield from min(found, key=len)


def _patterns(path: str, said: Layer | None, at: Pointer) -> Iterator[Diagnostic]:
    """Patterns of variables, of their fields and of their items, that are none."""
    for name in said.tree if said is not None and isinstance(said.tree, dict) else ():
        one = said.at((name,)) if said is not None else None
        if one is None or not isinstance(one.tree, dict):
            continue
        pattern = one.at(("pattern",))
        if pattern is not None and isinstance(pattern.tree, str) and (fault := pattern_fault(pattern.tree)):
            told = Told(path)
            why, remedy = fault
            told.tell("bad-format", f"{spelt(pattern.tree)} {why}", pattern.place, remedy, (*at, name, "pattern"))
            yield from told.problems
        yield from _patterns(path, one.at(("fields",)), (*at, name, "fields"))
        if (items := one.at(("items",))) is not None:
            alone = Layer({"items": items.tree}, (one.place[0], {"items": (one.place[0], items.place)}))
            yield from _patterns(path, alone, (*at, name))


def _part(file: Document, whole: Layer, at: Pointer, kind: str, of: Pointer) -> Iterator[Diagnostic]:
    """What is wrong with one part, told with the pointer that it has in the file."""
    said = whole.at(at)
    if said is None:
        return
    prefix = len(at)
    doubts = {pointer[prefix:]: doubt for pointer, doubt in file.doubts.items() if pointer[:prefix] == at}
    document = replace(file, tree=said.tree, positions=Positions(file.file.name, said.place), doubts=doubts)
    for one in part_problems(document, kind, of, lambda text: MARK in text):
        yield replace(one, pointer=".".join(filter(None, (dotted(at), one.pointer))))
