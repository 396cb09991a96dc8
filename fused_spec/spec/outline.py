"""What specs are called, without what they say: little is read of each, and nothing is told of what is wrong."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple, Unpack

from fused_spec.spec.documents.document import read_documents
from fused_spec.spec.inputs.local_inputs import Inputs
from fused_spec.spec.language.plain import Unspoken
from fused_spec.spec.model import Project
from fused_spec.spec.resolving.share import Around
from fused_spec.spec.sight import Means, Sight

if TYPE_CHECKING:
    from fused_spec.spec.files.discovery import SpecFile
    from fused_spec.spec.language.project.variable import Variable


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
    variables: "Mapping[str, Variable]"


def outline(paths: Sequence[str], *, target: Callable[[Project], str], **means: Unpack[Means]) -> Outline:
    """What the specs at `paths` are called at a target, whatever is wrong with them."""
    sight = Sight(paths, means)
    around, _ = sight.around(target(sight.project), keeps=False, may_lack=True)
    variables = {} if isinstance(sight.spoken, Unspoken) else sight.spoken.declared.variables
    return Outline(sight.project, tuple(_named(sight.files, around)), variables)


def _named(files: "Sequence[SpecFile]", around: Around) -> Iterator[Named]:
    inputs = Inputs()
    for file in files:
        for document in read_documents(file)[0]:
            for name, cell in around.language.names(document, around.folder_of(file), inputs):
                yield Named(str(document.kind), name, file.name, document.name if cell else None, cell)
