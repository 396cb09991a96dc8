"""What a document says was before it: its former names, the runs that count for it, what was saved already."""

from collections.abc import Mapping
from typing import Any

from fused_spec.spec.documents.document import Document
from fused_spec.spec.documents.findings import Findings
from fused_spec.spec.model import Adopted, Key, Kind
from fused_spec.spec.relations.declaration import MOVED_FROM, former_names


def former_keys(document: Document) -> tuple[Key, ...]:
    """What it was before, the newest first."""
    return tuple(Key(kind=Kind(str(document.kind)), name=name) for name, _ in former_names(document.tree))


def first_name(document: Document) -> str | None:
    """The name that it had at first: a saved UDF is reached under it, whatever it is called by now."""
    return next((name for name, _ in reversed(list(former_names(document.tree)))), document.name)


def check_former(document: Document, findings: Findings) -> None:
    """Whether each is a name alone: what stands for cells was taken from the documents of cells."""
    if not findings.is_sound(MOVED_FROM):
        return
    for name, pointer in former_names(document.tree):
        if "${" in name or len(pointer) > len(MOVED_FROM) + 1:
            message = "without a matrix a former name is a name alone"
            findings.tell("no-matrix", message, pointer, "write the name as it was, or give this a matrix")


def adopted_runs(metadata: Mapping[str, Any]) -> tuple[Adopted, ...]:
    """The runs that a job's metadata names, each for a digest; several are for the cells of a matrix."""
    said = metadata.get("adopts") or []
    many = said if isinstance(said, list) else [said] if "run" in said else []
    return tuple(Adopted(run=one["run"], digest=one["digest"]) for one in many)


def adopted_udf(metadata: Mapping[str, Any]) -> str | None:
    """The id of the saved UDF that a UDF's metadata names."""
    said = metadata.get("adopts")
    return said.get("udf") if isinstance(said, dict) else None


def adopts_sink(metadata: Mapping[str, Any]) -> bool:
    """Whether a token is the one whose value lies in its sink."""
    said = metadata.get("adopts")
    return isinstance(said, dict) and said.get("sink") is True
