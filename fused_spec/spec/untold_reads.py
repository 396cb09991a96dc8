"""Find what reads another job's output by its address, as text: nobody can know that it follows that job.

What `{output_of: …}` names is needed, covered by the digest, and followed when it is written again; an address is not.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from fused_spec.diagnostics import Diagnostic, Severity
from fused_spec.spec.document import Document
from fused_spec.spec.model import Kind
from fused_spec.spec.outputs import outputs, read_outputs
from fused_spec.spec.positions import Pointer, dotted

_STEPS: Pointer = ("spec", "config", "steps")
_WRITTEN = ("output", "output_metadata")


def check_untold_reads(documents: Sequence[Document]) -> list[Diagnostic]:
    """A warning at each address of another job's output, or of something below it, that stands as text in a step."""
    written = {address.rstrip("/"): name for name, address in outputs(documents).items()}
    return [problem for document in documents if written for problem in _untold(document, written)]


def _untold(document: Document, written: Mapping[str, str]) -> Iterator[Diagnostic]:
    spec = document.tree.get("spec") if isinstance(document.tree, dict) else None
    if document.kind != Kind.JOB or not isinstance(spec, dict) or not isinstance(spec.get("config"), dict):
        return
    steps, needs = spec["config"].get("steps"), spec.get("needs")
    known = {name for name, _ in read_outputs(document)}
    needed = {need for need in needs if isinstance(need, str)} if isinstance(needs, list) else set()
    for index, step in enumerate(steps if isinstance(steps, list) else []):
        own = {name: value for name, value in step.items() if name not in _WRITTEN} if isinstance(step, dict) else {}
        for address, pointer in _texts(own, (*_STEPS, index)):
            name, exactly = _writer(address, written)
            if name in (None, document.name) or name in known or (name in needed and not exactly):
                continue
            untold = "does not run again when that does" if name in needed else "neither waits for it nor follows it"
            yield Diagnostic(
                code="output-as-text",
                message=f'this is where the job "{name}" writes, and as text it {untold}',
                location=document.positions.value(pointer),
                severity=Severity.WARNING,
                pointer=dotted(pointer),
                hint=f"write {{output_of: {name}}}" if exactly else f"add {name} to needs, so that it is over first",
            )


def _texts(value: Any, pointer: Pointer) -> Iterator[tuple[str, Pointer]]:
    if isinstance(value, str):
        yield value, pointer
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from _texts(item, (*pointer, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _texts(item, (*pointer, index))


def _writer(address: str, written: Mapping[str, str]) -> tuple[str | None, bool]:
    """The job that writes to the address or above it, and whether to this very one."""
    place = address.rstrip("/")
    if place in written:
        return written[place], True
    while "/" in place:
        place = place.rpartition("/")[0]
        if place in written:
            return written[place], False
    return None, False
