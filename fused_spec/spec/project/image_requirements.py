"""Add requirements to the images of a project file: by an edit of its text, so that all else stays as it was written.

The edit is made where the list of the image ends, and counts only when the file then says what it said before and the
new requirements besides.
"""

import codecs
import copy
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from msgspec.structs import replace
from yaml import events

from fused_spec.errors import FusedSpecError
from fused_spec.spec.documents.characters import read_text
from fused_spec.spec.documents.document import Document, read_documents
from fused_spec.spec.documents.parser import FastestParser
from fused_spec.spec.documents.surrogates import Pairs

_FIELD = "requirements"


class _Node(NamedTuple):
    """A value in a text, from `start` to `end`; `column` is that of its first character.

    `items` are those of a list, `fields` those of a mapping. What is in blocks ends with the last thing in it.
    """

    start: int
    end: int
    column: int
    is_flow: bool = True
    items: tuple["_Node", ...] = ()
    fields: Mapping[str, "_Node"] = {}


def with_requirements(project: Document, added: Mapping[str, Sequence[str]]) -> bytes:
    """The content of a project file whose images have these requirements, too.

    Raises `FusedSpecError` where that cannot be written without changing anything else.
    """
    text, _ = read_text(project.file.content, project.file.name)
    if text is None:
        raise _cannot(project)
    wanted = copy.deepcopy(project.tree)
    edited = text
    for image, requirements in added.items():
        wanted["images"][image].setdefault(_FIELD, []).extend(requirements)
        declared = _root(edited).fields["images"].fields[image]
        edited = _edited(edited, declared, requirements)
    mark = codecs.BOM_UTF8 if project.file.content.startswith(codecs.BOM_UTF8) else b""
    content = mark + edited.encode()
    documents, problems = read_documents(replace(project.file, content=content))
    if problems or [one.tree for one in documents] != [wanted]:
        raise _cannot(project)
    return content


def _edited(text: str, image: _Node, requirements: Sequence[str]) -> str:
    is_json = text.lstrip().startswith("{")
    words = [json.dumps(one) for one in requirements] if is_json else list(requirements)
    field = json.dumps(_FIELD) if is_json else _FIELD
    known = image.fields.get(_FIELD)
    if known is None:
        if image.is_flow:
            return _after_the_last(text, image, f"{field}: [{', '.join(words)}]")
        return _below(text, image, [f"{' ' * image.column}{field}: [{', '.join(words)}]"])
    if known.is_flow:
        return _after_the_last(text, known, ", ".join(words))
    dash = text.rindex("-", 0, known.items[-1].start)
    indent = " " * (dash - (text.rfind("\n", 0, dash) + 1))
    return _below(text, known, [f"{indent}- {word}" for word in words])


def _after_the_last(text: str, node: _Node, added: str) -> str:
    """Into brackets, behind what is in them."""
    inside = node.items or tuple(node.fields.values())
    at = max(one.end for one in inside) if inside else node.start + 1
    return f"{text[:at]}{', ' if inside else ''}{added}{text[at:]}"


def _below(text: str, node: _Node, lines: Sequence[str]) -> str:
    """Below the last line of a block, and the comment behind it."""
    end = text.find("\n", node.end)
    at = len(text) if end < 0 else end
    ended = "\r\n" if text[at - 1 : at + 1] == "\r\n" else "\n"
    at -= len(ended) - 1
    return text[:at] + "".join(f"{ended}{line}" for line in lines) + text[at:]


def _root(text: str) -> _Node:
    following = FastestParser(Pairs(text, FastestParser).for_parser).get_event
    while not isinstance(following(), events.DocumentStartEvent):
        pass
    return _node(following(), following)


def _node(event: Any, following: Callable[[], Any]) -> _Node:
    start, column = event.start_mark.index, event.start_mark.column
    if isinstance(event, events.SequenceStartEvent):
        items: list[_Node] = []
        while not _is_end(one := following()):
            items.append(_node(one, following))
        end = one.end_mark.index if event.flow_style or not items else items[-1].end
        return _Node(start, end, column, bool(event.flow_style), items=tuple(items))
    if isinstance(event, events.MappingStartEvent):
        fields: dict[str, _Node] = {}
        while not _is_end(one := following()):
            fields[one.value] = _node(following(), following)
        end = one.end_mark.index if event.flow_style or not fields else max(field.end for field in fields.values())
        return _Node(start, end, column, bool(event.flow_style), fields=fields)
    return _Node(start, event.end_mark.index, column)


def _is_end(event: Any) -> bool:
    return isinstance(event, events.CollectionEndEvent)


def _cannot(project: Document) -> FusedSpecError:
    return FusedSpecError(
        f"{project.file.name} cannot be edited without changing more than the images",
        hint="add the requirements by hand",
    )
