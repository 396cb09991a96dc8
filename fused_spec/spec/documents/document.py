"""YAML documents as plain JSON values, with the place of every key and value.

Built from parser events, so that limits hold before anything is constructed: no tags, aliases or directives,
no duplicate keys, no keys but text. It knows nothing of specs; `schema.check` says whether a document is one.
"""

from collections.abc import Iterator, Mapping
from typing import Any, NoReturn

import yaml
from msgspec import Struct, field
from yaml import events
from yaml.error import Mark

from fused_spec.messages.diagnostics import Diagnostic, Location
from fused_spec.spec.documents.characters import HALVES, read_text, unprintable_in
from fused_spec.spec.documents.parser import FastestParser
from fused_spec.spec.documents.positions import LITERAL, Place, Pointer, Positions, dotted, location
from fused_spec.spec.documents.scalars import Doubt, Scalar, plain
from fused_spec.spec.documents.surrogates import Pairs
from fused_spec.spec.documents.wording import spelt
from fused_spec.spec.files.discovery import SpecFile
from fused_spec.spec.files.limits import MAPPING, MAX_DEPTH, MAX_MEMORY, MAX_PROBLEMS, SCALAR, SEQUENCE
from fused_spec.spec.files.meant import BEGIN, is_meant, is_meant_text, not_a_spec


class Document(Struct, frozen=True, kw_only=True):
    """One YAML document of a file, numbered from 0; `tree` holds only what JSON can.

    `doubts` are unquoted scalars that YAML versions read differently: in the tree they are the text as written,
    and whether that may stand depends on the field, so `schema.check` judges them. `holes` are fields whose value
    nobody has given yet: in the tree is one of the right type. `group` is the name of the document that it is a `cell`
    of, by the keys of its dimensions.
    """

    file: SpecFile
    index: int
    tree: Any
    positions: Positions
    doubts: Mapping[Pointer, Doubt] = field(default_factory=dict)
    holes: frozenset[Pointer] = frozenset()
    group: str | None = None
    cell: Mapping[str, str] = field(default_factory=dict)

    @property
    def kind(self) -> str | None:
        return _text_at(self.tree, "kind")

    @property
    def name(self) -> str | None:
        return _text_at(self.tree.get("metadata"), "name") if isinstance(self.tree, dict) else None


def _text_at(mapping: Any, key: str) -> str | None:
    value = mapping.get(key) if isinstance(mapping, dict) else None
    return value if isinstance(value, str) else None


def read_documents(file: SpecFile) -> tuple[list[Document], list[Diagnostic]]:
    """Every document that could be read, and every problem met; never raises for what a person wrote.

    A document with an alias, a tag or a directive is told about and left out: its content is not known. An empty one is
    nothing. In a file that nobody named, what is not meant as a spec is passed over with a note.
    """
    text, problems = read_text(file.content, file.name)
    if text is None:
        if file.named or is_meant_text(file.content):
            return [], problems
        first = problems[0]
        return [], [not_a_spec(first.location, f"{first.message}, and nothing in the file names a spec", first.hint)]
    reader = _Reader(file, text, Pairs(text, FastestParser))
    return reader.read(), reader.problems


_NO_KEY = "?"
_SCALAR, _END = events.ScalarEvent, events.MappingEndEvent
_OWN_FILE = "put the elements of an input into a file of their own: input: {elements: tiles.csv}"
_COSTS = {
    events.ScalarEvent: SCALAR,
    events.AliasEvent: SCALAR,
    events.SequenceStartEvent: SEQUENCE,
    events.MappingStartEvent: MAPPING,
}


class _LimitPassed(Exception):  # a signal, told as a diagnostic before it is raised
    """The rest of the file is not read."""


class _Reader:
    """Builds the documents of one file from its events, and gathers what is wrong with them."""

    def __init__(self, file: SpecFile, text: str, pairs: Pairs) -> None:
        self.problems: list[Diagnostic] = []
        self._file = file
        self._text = text
        self._next = FastestParser(pairs.for_parser).get_event
        self._text_of = pairs.value if pairs.are_there else None
        self._room = MAX_MEMORY
        self._pointer: list[str | int] = []
        self._doubts: dict[Pointer, Doubt] = {}
        self._known = True
        self._began = self._before = 0
        self._noted: set[str] = set()

    def read(self) -> list[Document]:
        documents: list[Document] = []
        try:
            for index, start in enumerate(self._starts()):
                self._began, self._before = start.start_mark.index, len(self.problems)
                documents.extend(self._document(start, index))
        except _LimitPassed:
            self._pass_over_the_rest("what is in it is too much to be looked through")
        except (yaml.YAMLError, ValueError) as error:
            # ValueError: the pure parser lets chr() fail on an escape beyond Unicode.
            from fused_spec.spec.documents.syntax import explain_syntax  # which only a broken file needs

            self.problems.append(explain_syntax(error, self._text, self._file.name))
            # Text just before is the broken beginning of something else: `a:1` and then `b: 2`.
            documents = [document for document in documents if not isinstance(document.tree, str)]
            self._pass_over_the_rest("it cannot be read as YAML, and nothing in it names a spec")
        return documents

    def _pass_over_the_rest(self, why: str) -> None:
        """What cannot be read to its end is still no spec when nothing from there on says that it is one."""
        if not self._file.named and not is_meant_text(self._text[self._began :]):
            last = self.problems[-1]
            self._pass_over(last.location, why, f"{last.message}; {last.hint}")

    def _pass_over(self, place: Location, why: str, wrong: str | None = None) -> None:
        """A note in place of all that would be said about a document."""
        del self.problems[self._before :]
        note = not_a_spec(place, why, wrong)
        if note.code not in self._noted:
            self._noted.add(note.code)
            self.problems.append(note)

    def _starts(self) -> Iterator[Any]:
        while type(event := self._next()) is not events.StreamEndEvent:
            if type(event) is events.DocumentStartEvent:
                yield event

    def _document(self, start: Any, index: int) -> Iterator[Document]:
        self._doubts, self._known = {}, True
        if start.version or start.tags:
            self._refused(start, "directive", "directives (%) are not read", "remove the line")
        tree, place = self._node(self._next())
        if not self._file.named and tree is not None and not is_meant(tree):
            # A pointer of Git LFS, what git-crypt wrote, the first word of a spec: a text tells nothing of its file.
            wrong = BEGIN if isinstance(tree, str) else None
            self._pass_over(location(place[0], self._file.name), _why_not(tree), wrong)
        elif self._known and tree is not None:
            positions = Positions(self._file.name, place)
            yield Document(file=self._file, index=index, tree=tree, positions=positions, doubts=self._doubts)

    def _node(self, event: Any) -> tuple[Any, Place]:
        kind = type(event)
        self._take(_COSTS[kind], event)
        if event.anchor is not None:
            self._refused(event, "alias", "anchors (&) and aliases (*) are not read", "repeat the value itself")
        if kind is events.AliasEvent:
            return None, (event.start_mark, None)
        if event.tag is not None:
            self._refused(event, "tag", "tags (!) are not read", "remove the tag; quote the value if it is text")
        if kind is events.ScalarEvent:
            return self._scalar(event), (event.start_mark, LITERAL if event.style == "|" else None)
        if len(self._pointer) >= MAX_DEPTH:
            self._stop("too-deep", f"nested more than {MAX_DEPTH} levels deep", event.start_mark, "split the spec")
        return self._mapping(event) if kind is events.MappingStartEvent else self._sequence(event)

    def _take(self, cost: int, event: Any) -> None:
        self._room -= cost
        if self._room < 0:
            message = f"the values up to here take more than {MAX_MEMORY >> 20} MiB of memory"
            self._stop("too-many-values", message, event.start_mark, _OWN_FILE)

    def _scalar(self, event: Any) -> Scalar:
        text = event.value if self._text_of is None else self._text_of(event)
        if event.implicit[0]:
            value = plain(text)
            if isinstance(value, Doubt):
                self._doubts[tuple(self._pointer)] = value
                self._room -= SEQUENCE
                return text
            return value
        if event.style == '"':
            self._check_escapes(event, text)
        return text

    def _check_escapes(self, event: Any, text: str) -> None:
        """Only an escape, so only a text in double quotes, makes what no field may hold."""
        if what := unprintable_in(text):
            from fused_spec.spec.documents.syntax import HALF_HINT

            hint = HALF_HINT if HALVES().search(text) else "remove the escape"
            self._tell("bad-character", f"the text holds {what}", event.start_mark, hint)

    def _sequence(self, start: Any) -> tuple[list[Any], Place]:
        values: list[Any] = []
        places: list[Place] = []
        while type(event := self._next()) is not events.SequenceEndEvent:
            self._pointer.append(len(values))
            value, place = self._node(event)
            self._pointer.pop()
            values.append(value)
            places.append(place)
        return values, (start.start_mark, places)

    def _mapping(self, start: Any) -> tuple[dict[str, Any], Place]:
        values: dict[str, Any] = {}
        places: dict[str, tuple[Mark, Place]] = {}
        pointer, following, as_read = self._pointer, self._next, self._text_of is None
        while type(event := following()) is not _END:
            # What nearly every key and value is, is told here; all else by `_key` and `_node`.
            if as_read and type(event) is _SCALAR and event.implicit[0] and event.anchor is None:
                key = event.value if type(plain(event.value)) is str and event.value != "<<" else self._key(event)
            else:
                key = self._key(event)
            after = following()
            is_plain = as_read and type(after) is _SCALAR and after.implicit[0] and after.anchor is None
            value: Any = plain(after.value) if is_plain else None
            if is_plain and type(value) is not Doubt and key not in places and self._room >= SCALAR:
                self._room -= SCALAR
                place: Place = (after.start_mark, None)
            else:
                pointer.append(_NO_KEY if key is None else key)
                if key in places:
                    hint = f"line {places[key][0].line + 1} has it first; keep one"
                    self._tell("duplicate-key", f"duplicate key {spelt(key)}", event.start_mark, hint)
                value, place = self._node(after)
                pointer.pop()
            if key is not None:
                values[key] = value
                if value is None and _is_nowhere(event, after):
                    place = (event.start_mark, None)
                places[key] = (event.start_mark, place)
        return values, (start.start_mark, places)

    def _key(self, event: Any) -> str | None:
        """The key, or None when it is no text."""
        start = event.start_mark
        if type(event) is events.ScalarEvent and event.tag is None and event.anchor is None:
            text: str = event.value if self._text_of is None else self._text_of(event)
            if not event.implicit[0]:
                if event.style == '"':
                    self._check_escapes(event, text)
                return text
            if text == "<<":
                self._refused(event, "merge-key", "merge keys (<<) are not read", "repeat the fields themselves")
                return None
            value = plain(text)
            # A key can only be text, so a word that YAML 1.1 takes for a boolean is the text it is.
            if type(value) is str or (type(value) is Doubt and value.text_may_do):
                return text
            # `{population: 10,000}` has a key 000.
            hint = "put the key in quotes"
            if self._text[start.index - 1 : start.index] == ",":
                hint = "put the text around the comma in quotes, or a space behind it"
            self._tell("key-not-text", "a key must be text", start, hint)
            return None
        self._pointer.append(_NO_KEY)
        self._node(event)
        self._pointer.pop()
        template = self._text[start.index - 1 : start.index + 1] == "{{"
        hint = "put the text in quotes; {{ templates }} are not read" if template else "write the key as plain text"
        self._refused(event, "key-not-text", "a key must be text", hint)
        return None

    def _refused(self, event: Any, code: str, message: str, hint: str) -> None:
        """Tell, once for a document, of something that leaves its content unknown."""
        if self._known:
            self._tell(code, message, event.start_mark, hint)
        self._known = False

    def _stop(self, code: str, message: str, mark: Mark, hint: str) -> NoReturn:
        self._tell(code, message, mark, hint)
        raise _LimitPassed

    def _tell(self, code: str, message: str, mark: Mark, hint: str) -> None:
        if len(self.problems) - self._before > MAX_PROBLEMS:
            return
        where = location(mark, self._file.name)
        pointer = dotted(tuple(self._pointer))
        self.problems.append(Diagnostic(code=code, message=message, location=where, pointer=pointer, hint=hint))
        # A file of others may have any number: it is read on for the spec that may follow.
        if len(self.problems) - self._before >= MAX_PROBLEMS and self._file.named:
            raise _LimitPassed


def _is_nowhere(key: Any, value: Any) -> bool:
    """`? key` without a value: the parser notices where the next thing begins, or behind the last line."""
    return bool(value.start_mark.index == value.end_mark.index and value.start_mark.line > key.end_mark.line)


def _why_not(tree: Any) -> str:
    version = tree.get("apiVersion") if isinstance(tree, dict) else None
    return f"its apiVersion is {spelt(version)}" if isinstance(version, str) else "it has no apiVersion of fused-spec"
