"""What one start reads of what another wrote, said as `output_of` in place of an address."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from fused_spec.reconcile.adopting.folding import Document


def linked(documents: Sequence[Document]) -> list[Document]:
    """The documents, those that read what exactly one of the others writes with its name in place of the address.

    Only where the reader began when the other had ended: else it did not read what is there now.
    """
    writers: dict[str, list[Document]] = {}
    for one in documents:
        if one.matrix is None and (address := _output(one.spec)) is not None:
            writers.setdefault(address, []).append(one)
    alone = {address: found[0] for address, found in writers.items() if len(found) == 1}
    return [
        _linked(one, {address: other for address, other in alone.items() if _may_read(one, other)}) for one in documents
    ]


def _output(spec: Mapping[str, Any]) -> str | None:
    """The address that `output_of` stands for: that of the last partition step."""
    outputs = [step.get("output") for step in spec["config"]["steps"] if step["type"] != "udf"]
    return outputs[-1] if outputs and isinstance(outputs[-1], str) and "${" not in outputs[-1] else None


def _may_read(reader: Document, writer: Document) -> bool:
    ended = writer.members[0].origin.ended
    return reader is not writer and all(_began_after(draft.origin.created, ended) for draft in reader.members)


def _began_after(created: datetime | None, ended: datetime | None) -> bool:
    # A service may cut its stamps to seconds.
    return created is not None and ended is not None and created >= ended.replace(microsecond=0)


def _linked(one: Document, writers: Mapping[str, Document]) -> Document:
    config = one.spec["config"]
    steps = [_linked_step(step, writers) for step in config["steps"]] if writers else config["steps"]
    return replace(one, spec={**one.spec, "config": {**config, "steps": steps}})


def _linked_step(step: Mapping[str, Any], writers: Mapping[str, Document]) -> dict[str, Any]:
    said = dict(step)
    if "input" in step:
        said["input"] = _with(step["input"], writers)
    if "parameters" in step.get("udf", {}):
        said["udf"] = {**step["udf"], "parameters": _with(step["udf"]["parameters"], writers)}
    return said


def _with(value: Any, writers: Mapping[str, Document]) -> Any:
    match value:
        case str() if value in writers:
            return {"output_of": writers[value].name}
        case Mapping():
            return {name: _with(item, writers) for name, item in value.items()}
        case list():
            return [_with(item, writers) for item in value]
    return value
