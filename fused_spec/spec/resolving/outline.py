"""What documents are called, without what they say: little is read of each, and nothing is told of what is wrong."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from fused_spec.spec.checking.schema import SPEC_KINDS
from fused_spec.spec.documents.document import Document, read_documents
from fused_spec.spec.files.discovery import SpecFile
from fused_spec.spec.inputs.local_inputs import Inputs
from fused_spec.spec.language.cells import spanned_by
from fused_spec.spec.language.dimensions import Dimensions
from fused_spec.spec.language.layer import Told
from fused_spec.spec.language.variables import Variable
from fused_spec.spec.model import Project
from fused_spec.spec.resolving.share import Around


class Named(NamedTuple):
    """A document by its kind and name, or a cell of its matrix, which has the document's name for its group."""

    kind: str
    name: str
    file: str
    group: str | None = None
    cell: Mapping[str, str] = {}


class Outline(NamedTuple):
    """What a project's specs are called at one target, in the order of their files, and the variables that it has."""

    project: Project
    named: tuple[Named, ...]
    variables: Mapping[str, Variable]


def named_in(files: Sequence[SpecFile], around: Around) -> Iterator[Named]:
    """What the documents of these files are called; one whose cells are not known goes by its own name."""
    inputs = Inputs()
    for file in files:
        for document in read_documents(file)[0]:
            if document.kind in SPEC_KINDS and document.name is not None and around.language.is_here(document):
                yield from _named(document, document.kind, document.name, around, inputs)


def _named(document: Document, kind: str, name: str, around: Around, inputs: Inputs) -> Iterator[Named]:
    language, file = around.language, document.file
    if "matrix" not in document.tree:
        yield Named(kind, name, file.name)
        return
    folder = around.folder_of(file)
    dimensions = Dimensions(inputs=inputs, folder=folder, today=language.today, told=Told(file.name))
    spanned = spanned_by(document, dimensions, language.values, language.max_cells)
    if spanned is None or not spanned.cells:
        yield Named(kind, name, file.name)
        return
    for called, cell in spanned.cells:
        yield Named(kind, called, file.name, name, cell.keys)
