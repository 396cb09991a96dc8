"""The names that a document says it had before."""

from fused_spec.spec.documents.document import Document
from fused_spec.spec.documents.findings import Findings
from fused_spec.spec.model import Key, Kind
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
