"""Jobs that name what another job writes as text: the plan cannot see that they read it.

Only `{output_of: …}` says so. Beside `needs` the order is right, but a job is not run again when what it reads is
written again; without any edge not even the order is.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fused_spec.messages.diagnostics import Diagnostic, Severity
from fused_spec.spec.documents.document import Document
from fused_spec.spec.documents.positions import Pointer, dotted
from fused_spec.spec.model import DesiredJob, Key

Job = tuple[Document, DesiredJob]

_LITERAL = re.compile(r"""["']([a-z][a-z0-9+.-]*://[^"'\s]+|/[^"'\s]+)["']""")
_CODE = frozenset({"code", "source_code"})
_NO_INPUT = frozenset({"metadata", "name", "entrypoint", "expect", "output", "output_metadata"})


def text_addresses(jobs: Sequence[Job]) -> Iterator[Diagnostic]:
    """One warning for each job whose output another one names as text, at the first place that does."""
    written = dict(_written(jobs))
    if not written:
        return
    by_key = {job.key: job for _, job in jobs}
    for document, job in jobs:
        reads, needs = _reached(job, by_key, "reads"), _reached(job, by_key, "needs")
        told: set[Key] = set()
        for pointer, text, in_code in _texts(job.payload):
            output = _named(text, written)
            if output is None or output.job in told or output.job == job.key or output.job in reads:
                continue
            linkable = output.is_last and (in_code or _takes_references(pointer))
            if linkable or output.job not in needs:
                told.add(output.job)
                hint = _hint(text, output, in_code=in_code) if linkable else f"add needs: [{output.job.name}]"
                yield _warning(document, pointer, output, hint, follows=output.job in needs)


@dataclass(frozen=True, slots=True)
class _Output:
    """What a job writes; the last one is what `output_of` stands for."""

    job: Key
    address: str
    is_last: bool


def _written(jobs: Iterable[Job]) -> Iterator[tuple[str, _Output]]:
    for _, job in jobs:
        steps = job.payload["config"]["steps"]
        last = next((step["output"] for step in reversed(steps) if step.get("output")), None)
        for step in steps:
            for name in ("output_metadata", "output"):
                if address := step.get(name):
                    bare = address.rstrip("/")
                    yield bare, _Output(job.key, bare, name == "output" and address == last)


def _reached(job: DesiredJob, by_key: Mapping[Key, DesiredJob], edges: str) -> set[Key]:
    """Every job at the end of such edges, directly or not."""
    found: set[Key] = set()
    left = list(getattr(job, edges))
    while left:
        key = left.pop()
        if key not in found:
            found.add(key)
            left += getattr(by_key[key], edges) if key in by_key else ()
    return found


def _named(text: str, written: Mapping[str, _Output]) -> _Output | None:
    """The output at the address, or the one in whose folder it is."""
    address = text.rstrip("/")
    while "/" in address:
        if address in written:
            return written[address]
        address = address.rpartition("/")[0].rstrip("/")
    return None


def _texts(payload: Mapping[str, Any]) -> Iterator[tuple[Pointer, str, bool]]:
    """Each text that may be an address, where it stands in the spec, and whether in code."""
    yield from _in_value(payload["config"]["steps"], ("spec", "config", "steps"))
    yield from _in_value(payload.get("additional_env", {}), ("spec", "env"))


def _in_value(value: Any, pointer: Pointer) -> Iterator[tuple[Pointer, str, bool]]:
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
    reference = f"{{output_of: {output.job.name}}}"
    if in_code:
        return f"take the address as a parameter of the UDF, and write {reference} for it"
    if text.rstrip("/") == output.address:
        return f"write {reference}"
    return f"write {reference}, which is its folder, and let the UDF add the rest"


def _warning(document: Document, pointer: Pointer, output: _Output, hint: str, *, follows: bool) -> Diagnostic:
    harm = "does not run again when that is written again" if follows else "may run before it, and not again after it"
    return Diagnostic(
        code="output-as-text",
        message=f'what the job "{output.job.name}" writes is named as text, so this job {harm}',
        location=document.positions.value(pointer),
        pointer=dotted(pointer),
        severity=Severity.WARNING,
        hint=hint,
    )
