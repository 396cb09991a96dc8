"""Save outputs in a folder, a file for each, or together in one file; what is there is whole, or as it was before."""

import re
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path, PurePosixPath

from fused_spec.engine.outputs.joining import joined
from fused_spec.engine.outputs.kinds import suffix_of
from fused_spec.engine.outputs.model import File, Kind, Told, UnreadableOutput
from fused_spec.engine.outputs.rasters import save_tiff
from fused_spec.engine.outputs.tables import opened
from fused_spec.engine.outputs.writing.forms import Form, form_named, forms_of
from fused_spec.engine.outputs.writing.table_files import write_table
from fused_spec.engine.results.stored import Tell
from fused_spec.system.drafts import written_whole

_ODD = re.compile(r"[^\w.=+ -]+")
_LONGEST_NAME = 200
_NAMED = 5
_COPIES = 8  # files at a time

Write = Callable[[Path], object]


def save_each(outputs: Sequence[Told], folder: Path, form: Form | None, tell: Tell) -> Iterator[Path]:
    """A file for each output, in its own form or in another; yields each as it is there.

    Raises `UnreadableOutput` before anything is written when the form cannot hold one of them.
    """
    whole = [told for told in outputs if told.facts.kind not in (Kind.NOTHING, Kind.FOLDER)]
    _check(whole, form)
    folder.mkdir(parents=True, exist_ok=True)
    with ThreadPoolExecutor(_COPIES if form is None else 1) as pool:
        yield from pool.map(lambda job: written_whole(*job), list(_jobs(whole, folder, form, tell)))


def _jobs(outputs: Sequence[Told], folder: Path, form: Form | None, tell: Tell) -> Iterator[tuple[Path, Write]]:
    """Where each file is to be, and what writes it; names are given in order, so they are the same each time."""
    taken: set[str] = set()
    for told in outputs:
        output = told.output
        if len(output.files) > 1 and form is None:
            below = folder / _free(file_name(output.name), taken)
            for file in (*output.files, *([output.sample] if output.sample else [])):
                yield below / file_name(file.name), partial(_copy, file)
            continue
        wanted = file_name(output.name) if form is None else f"{_stem(file_name(output.name))}.{form.suffix}"
        yield folder / _free(wanted, taken), partial(_save, told, form, tell)


def _copy(file: File, place: Path) -> None:
    file.open().save(place)


def save_together(outputs: Sequence[Told], file: Path, form: Form | None, tell: Tell) -> Path:
    """All outputs in one file; one alone in its own form is copied, to the byte.

    Raises `UnreadableOutput` where they cannot be together, or the form is not known or cannot hold them.
    """
    whole = [told for told in outputs if told.facts.kind not in (Kind.NOTHING, Kind.FOLDER)]
    if not whole:
        raise UnreadableOutput("there is no result to be written", hint="`fused-spec results` without -o lists them")
    if form is None and len(whole) == 1 and _own_suffix(whole[0]) == suffix_of(file.name):
        return written_whole(file, whole[0].output.files[0].open().save)
    form = form or form_named(file)
    if form is None:
        known = ", ".join(f".{one.suffix}" for one in Form)
        raise UnreadableOutput(
            f"{file.name} says no form in which {'this result' if len(whole) == 1 else 'these results'} can be written",
            hint=f"name a file that ends in {known}, or a folder (-o DIR/), where each is kept as it is",
        )
    _check(whole, form)
    if form is Form.TIFF and len(whole) > 1:
        raise UnreadableOutput(
            f"a TIFF holds one raster, and these are {len(whole)}",
            hint="name a folder (-o DIR/), or one with --task",
        )
    if len(whole) == 1:
        return written_whole(file, partial(_save, whole[0], form, tell))
    table = joined([told.output for told in whole])
    return written_whole(file, lambda place: write_table(table, form, place, tell))


def _save(told: Told, form: Form | None, tell: Tell, place: Path) -> None:
    files = told.output.files
    if len(files) == 1 and (form is None or form_named(files[0].name) is form):
        files[0].open().save(place)
    elif form is Form.TIFF:
        save_tiff(files[0], place)
    elif form is not None:
        with opened(told.output) as table:
            write_table(table, form, place, tell)


def _check(outputs: Sequence[Told], form: Form | None) -> None:
    """Raise for all outputs that cannot have the form, each kind of them once."""
    problems = [told for told in outputs if told.facts.problem and (form is not None or told.facts.bytes is None)]
    broken = [f"{told.output.name}: {told.facts.problem}" for told in problems]
    if broken:
        raise UnreadableOutput("; ".join(broken[:_NAMED]), hint="leave such out with --task, or save all as they are")
    if form is None:
        return
    unfit = [told for told in outputs if told.facts.kind is not form.holds]
    if not unfit:
        return
    kinds = sorted({told.facts.kind for told in unfit})
    names = ", ".join(told.output.name for told in unfit[:_NAMED]) + (", …" if len(unfit) > _NAMED else "")
    can = [f"{kind} can be {', '.join(forms)}" for kind in kinds if (forms := forms_of(kind))]
    rest = [kind for kind in kinds if not forms_of(kind)]
    own = f"{', '.join(rest)} only as it is: name a folder (-o DIR/) without --format" if rest else ""
    raise UnreadableOutput(
        f"{form} holds {form.holds}s, and {len(unfit)} of {len(outputs)} results are {' or '.join(kinds)}: {names}",
        hint="; ".join([*can, *([own] if own else [])]),
    )


def _own_suffix(told: Told) -> str:
    return suffix_of(told.output.files[0].name) if len(told.output.files) == 1 else ""


def file_name(name: str) -> str:
    """A name that a service gave as that of a file: no path, nothing odd, nothing hidden."""
    last = PurePosixPath(name.rstrip("/")).name if name.strip("./") else ""
    kept = _ODD.sub("_", last).strip().lstrip(".")[-_LONGEST_NAME:]
    return kept or "result"


def _stem(name: str) -> str:
    return name.rpartition(".")[0] or name


def _free(name: str, taken: set[str]) -> str:
    """The name, or that with a number, when another output has it."""
    stem, dot, suffix = name.rpartition(".")
    free, number = name, 2
    while free.lower() in taken:
        free = f"{stem}-{number}.{suffix}" if dot else f"{name}-{number}"
        number += 1
    taken.add(free.lower())
    return free
