"""Unquoted values of a matrix that versions of YAML read differently, and of which nobody knows what was meant."""

from collections.abc import Iterator

from fused_spec.messages.diagnostics import Diagnostic
from fused_spec.spec.documents.document import Document
from fused_spec.spec.documents.positions import Pointer
from fused_spec.spec.documents.scalars import Doubt
from fused_spec.spec.language.cells.elements import AT, KEY

_NAMING = ("include", "exclude")


def doubtful_in_document(document: Document) -> Iterator[Diagnostic]:
    """What is told of those in the document's own matrix."""
    own = {pointer: doubt for pointer, doubt in document.doubts.items() if pointer[:1] == AT}
    for pointer, doubt in own.items():
        _, dimension, *within = pointer
        names_one = dimension in _NAMING or within[1:2] == ["where"] or within[1:] in ([], [KEY])
        if not (names_one and _is_word(doubt)):
            yield _told(document, pointer, doubt)


def doubtful_in_file(document: Document, key: str) -> Iterator[Diagnostic]:
    """What is told of those in a file of elements, of which this field is the key."""
    for pointer, doubt in document.doubts.items():
        if not (pointer[1:] in ((), (key,)) and _is_word(doubt)):
            yield _told(document, pointer, doubt)


def _is_word(doubt: Doubt) -> bool:
    """Whether it is a truth or a text; no element is a truth, so that as one it is the text: `NO` is Norway."""
    return isinstance(doubt.other, bool)


def _told(document: Document, pointer: Pointer, doubt: Doubt) -> Diagnostic:
    from fused_spec.spec.checking.explain import explain_doubt  # with jsonschema, which only who has problems waits for

    return explain_doubt(pointer, doubt, document)
