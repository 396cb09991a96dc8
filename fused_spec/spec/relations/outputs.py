"""What jobs leave behind, and who reads it: `{output_of: counties}` stands for the address that counties writes to.

A job that reads another's output needs that job, and its digest covers the other's: what it reads is another thing
once the other declares something else.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from msgspec.structs import replace

from fused_spec.spec.documents.document import Document
from fused_spec.spec.documents.positions import Pointer
from fused_spec.spec.model import Desired, DesiredJob, Key
from fused_spec.spec.relations.digest import digest
from fused_spec.spec.relations.graph import in_order
from fused_spec.spec.relations.selection import Selection, selection_of
from fused_spec.system.collections import without_collections

_CONFIG: Pointer = ("spec", "config")


def producer(value: Any, cell: Mapping[str, str]) -> Selection | None:
    """The jobs that `{output_of: …}` names in a document of this cell; None for any other value."""
    if isinstance(value, dict) and set(value) == {"output_of"}:
        return selection_of(value["output_of"], cell)
    return None


def written_by(tree: Any, steps: Sequence[Any]) -> tuple[str, ...]:
    """What `{output_of: …}` stands for: what the job says that it writes, or the output of its last step with one."""
    spec = tree.get("spec") if isinstance(tree, dict) else None
    if isinstance(spec, dict) and (declared := declared_outputs(spec)):
        return declared
    of_steps = [step["output"] for step in steps if isinstance(step, dict) and isinstance(step.get("output"), str)]
    return tuple(of_steps[-1:])


def declared_outputs(spec: Mapping[str, Any]) -> tuple[str, ...]:
    """The addresses under `spec.output`."""
    said = spec.get("output")
    return tuple(one for one in (said if isinstance(said, list) else [said]) if isinstance(one, str))


def read_outputs(document: Document) -> list[tuple[Selection, Pointer]]:
    """The jobs whose output a job reads, and where it says so."""
    return [
        reference
        for index, step in enumerate(steps_of(document))
        if isinstance(step, dict)
        for reference in _references(step, (*_CONFIG, "steps", index), document.cell)
    ]


@without_collections()
def with_outputs_in_digests(desired: Sequence[Desired]) -> tuple[Desired, ...]:
    """The same things, where the digest of each job that reads outputs also covers the jobs that write them.

    Raises `graphlib.CycleError` for a loop of needs.
    """
    if not any(isinstance(one, DesiredJob) and one.reads for one in desired):
        return tuple(desired)
    digests: dict[Key, str] = {}
    for one in in_order(desired):
        own = one.digest
        if isinstance(one, DesiredJob) and one.reads:
            own = digest(one.payload, outputs_of={key.name: digests.get(key, "") for key in one.reads})
        digests[one.key] = own
    return tuple(one if digests[one.key] == one.digest else replace(one, digest=digests[one.key]) for one in desired)


def steps_of(document: Document) -> list[Any]:
    """What stands as the steps of a job, as far as it is a list."""
    spec = document.tree.get("spec") if isinstance(document.tree, dict) else None
    config = spec.get("config") if isinstance(spec, dict) else None
    steps = config.get("steps") if isinstance(config, dict) else None
    return steps if isinstance(steps, list) else []


def _references(value: Any, pointer: Pointer, cell: Mapping[str, str]) -> Iterator[tuple[Selection, Pointer]]:
    jobs = producer(value, cell)
    if jobs is not None:
        yield jobs, (*pointer, "output_of")
        return
    items: Iterable[tuple[str | int, Any]] = value.items() if isinstance(value, dict) else enumerate(value)
    for key, item in items:
        if isinstance(item, dict | list):  # there may be a million plain values
            yield from _references(item, (*pointer, key), cell)
