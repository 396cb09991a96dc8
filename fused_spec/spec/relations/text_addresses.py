"""Jobs that name what another job writes as text: the plan cannot see that they read it.

Only `{output_of: …}` says so. Beside `needs` the order is right, but a job is not run again when what it reads is
written again; without any edge not even the order is.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, NamedTuple

from msgspec import Struct

from fused_spec.messages.diagnostics import Diagnostic, Severity
from fused_spec.spec.documents.positions import Pointer, dotted
from fused_spec.spec.model import DesiredJob
from fused_spec.spec.relations.addresses import addresses_written, outputs_of
from fused_spec.spec.relations.declaration import Declaration, Places

_LITERAL = re.compile(r"""["']([a-z][a-z0-9+.-]*://[^"'\s]+|/[^"'\s]+)["']""")
_CODE = frozenset({"code", "source_code"})
_NO_INPUT = frozenset({"metadata", "name", "entrypoint", "expect", "output", "output_metadata"})
_FEW = 32

Text = tuple[Pointer, str, bool]
"""A text that may be an address, where it stands in the spec, and whether in code."""


class NamedTexts(NamedTuple):
    """What a job writes, and which texts of it may name what another one does.

    Jobs are known by their names. `written` are addresses, each with whether it is what `output_of` stands for. Of a
    job with many texts `payload` is kept in place of them.
    """

    name: str
    needs: tuple[str, ...]
    reads: tuple[str, ...]
    written: tuple[tuple[str, bool], ...]
    texts: tuple[Text, ...]
    payload: Mapping[str, Any] | None = None

    def all_texts(self) -> Iterable[Text]:
        return self.texts if self.payload is None else _texts(self.payload)


def named_texts(job: DesiredJob) -> NamedTexts:
    """What is to be kept of a job for `text_addresses`."""
    few = tuple(islice(_texts(job.payload), _FEW + 1))
    return NamedTexts(
        name=job.key.name,
        needs=tuple(key.name for key in job.needs),
        reads=tuple(key.name for key in job.reads),
        written=tuple(_written(job)),
        texts=few if len(few) <= _FEW else (),
        payload=None if len(few) <= _FEW else job.payload,
    )


Job = tuple[Declaration, NamedTexts]


def text_addresses(jobs: Sequence[Job], places: Places) -> list[Diagnostic]:
    """One warning for each job whose output another one names as text, at the first place that does."""
    written = {address: _Output(job.name, address, is_last) for _, job in jobs for address, is_last in job.written}
    return places.told(lambda: _warnings(jobs, written, places)) if written else []


def _warnings(jobs: Sequence[Job], written: Mapping[str, "_Output"], places: Places) -> Iterator[Diagnostic]:
    by_name = {job.name: job for _, job in jobs}
    for declaration, job in jobs:
        reads, needs = _reached(job, by_name, "reads"), _reached(job, by_name, "needs")
        told: set[str] = set()
        for pointer, text, in_code in job.all_texts():
            output = _named(text, written)
            if output is None or output.job in told or output.job == job.name or output.job in reads:
                continue
            linkable = output.is_last and (in_code or _takes_references(pointer))
            if linkable or output.job not in needs:
                told.add(output.job)
                hint = _hint(text, output, in_code=in_code) if linkable else f"add needs: [{output.job}]"
                yield _warning(declaration, pointer, output, hint, places, follows=output.job in needs)


class _Output(Struct, frozen=True):
    """What a job writes; the last one is what `output_of` stands for."""

    job: str
    address: str
    is_last: bool


def _written(job: DesiredJob) -> Iterator[tuple[str, bool]]:
    written = dict.fromkeys(address.rstrip("/") for address in addresses_written(job.payload["config"]))
    of_job = [address.rstrip("/") for address in outputs_of(job)]
    for address in dict.fromkeys((*written, *of_job)):
        yield address, address in of_job


def _reached(job: NamedTexts, by_name: Mapping[str, NamedTexts], edges: str) -> set[str]:
    """Every job at the end of such edges, directly or not."""
    found: set[str] = set()
    left = list(getattr(job, edges))
    while left:
        name = left.pop()
        if name not in found:
            found.add(name)
            left += getattr(by_name[name], edges) if name in by_name else ()
    return found


def _named(text: str, written: Mapping[str, _Output]) -> _Output | None:
    """The output at the address, or the one in whose folder it is."""
    address = text.rstrip("/")
    while "/" in address:
        if address in written:
            return written[address]
        address = address.rpartition("/")[0].rstrip("/")
    return None


def _texts(payload: Mapping[str, Any]) -> Iterator[Text]:
    yield from _in_value(payload["config"]["steps"], ("spec", "config", "steps"))
    yield from _in_value(payload.get("additional_env", {}), ("spec", "env"))


def _in_value(value: Any, pointer: Pointer) -> Iterator[Text]:
    if isinstance(value, str):
        if pointer[-1] in _CODE:
            yield from ((pointer, text, True) for text in _LITERAL.findall(value))
        elif "/" in value:
            yield pointer, value, False
        return
    free = "parameters" in pointer or "input" in pointer
    items: Iterable[tuple[Any, Any]] = value.items() if isinstance(value, dict) else enumerate(value)
    for name, item in items:
        if isinstance(item, str | dict | list) and (free or name not in _NO_INPUT):
            yield from _in_value(item, (*pointer, name))


def _takes_references(pointer: Pointer) -> bool:
    """Whether `{output_of: …}` may stand there."""
    return pointer[4] == "input" or pointer[4:6] == ("udf", "parameters")


def _hint(text: str, output: _Output, *, in_code: bool) -> str:
    reference = f"{{output_of: {output.job}}}"
    if in_code:
        return f"take the address as a parameter of the UDF, and write {reference} for it"
    if text.rstrip("/") == output.address:
        return f"write {reference}"
    return f"write {reference}, which is its folder, and let the UDF add the rest"


def _warning(
    declaration: Declaration, pointer: Pointer, output: _Output, hint: str, places: Places, *, follows: bool
) -> Diagnostic:
    harm = "does not run again when that is written again" if follows else "may run before it, and not again after it"
    return Diagnostic(
        code="output-as-text",
        message=f'what the job "{output.job}" writes is named as text, so this job {harm}',
        location=places.value(declaration, pointer),
        pointer=dotted(pointer),
        severity=Severity.WARNING,
        hint=hint,
    )
