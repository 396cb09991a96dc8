"""`input: {elements: tiles.csv}`: the elements of an input in a file beside the spec, each line or item one task."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from msgspec import Struct, field

from fused_spec.messages.diagnostics import Location
from fused_spec.messages.redaction import is_sensitive_name, looks_like_secret
from fused_spec.spec.checking.secrets import secrets_in
from fused_spec.spec.documents.characters import read_text
from fused_spec.spec.files.discovery import printable
from fused_spec.spec.files.limits import MAX_ELEMENTS_BYTES
from fused_spec.spec.files.named_files import GIT_LFS, Folder, Trouble, read_bytes, unreadable
from fused_spec.spec.inputs.element_list import PARTS, BadElements, Elements


def elements_file(value: Any) -> str | None:
    """The file that `{elements: path}` names; None for any other value."""
    if isinstance(value, dict) and set(value) == {"elements"} and isinstance(value["elements"], str):
        return value["elements"]
    return None


class ElementFiles(Struct):
    """Reads each file once, however often it is named."""

    sizes: dict[Path, int] = field(default_factory=dict)
    """In bytes, of each file that was to be read."""
    _known: dict[Path, Elements | Trouble] = field(default_factory=dict)
    _room: int = field(default_factory=lambda: MAX_ELEMENTS_BYTES)

    def read(self, name: str, folder: Folder) -> Elements | Trouble:
        path = folder.locate(name)
        if isinstance(path, Trouble):
            return path
        if path not in self._known:
            self._known[path] = self._read(path, name, folder.shown(path))
        return self._known[path]

    def _read(self, path: Path, name: str, shown: str) -> Elements | Trouble:
        read = _reader(path.suffix.lower())
        if read is None:
            message = f"{printable(name)} is in no format that elements are read from"
            return Trouble(
                code="bad-elements", message=message, hint="write CSV, JSON or JSON lines: .csv, .json, .jsonl"
            )
        if (trouble := self._too_large(path, name)) is not None:
            return trouble
        content = read_bytes(path, name, limit=self._room)
        if isinstance(content, Trouble):
            return content
        if content.startswith(GIT_LFS):
            message = f"{printable(name)} is a Git LFS pointer, not the content"
            return Trouble(code="bad-elements", message=message, hint="run `git lfs pull`")
        text, problems = read_text(content, shown)
        if text is None:
            first = problems[0]
            return Trouble(code=first.code, message=first.message, hint=first.hint or "", place=first.location)
        if not text.strip():
            return _empty(name)
        try:
            elements = read(text, shown)
        except BadElements as bad:
            place = Location(path=shown, line=bad.line, column=bad.column)
            return Trouble(code=bad.code, message=bad.message, hint=bad.hint, place=place)
        self._room -= len(content)
        return _checked(elements, text, name)

    def _too_large(self, path: Path, name: str) -> Trouble | None:
        """By its size, before anything of it is read."""
        try:
            size = path.stat().st_size
        except OSError as error:
            return unreadable(name, error)
        self.sizes[path] = size
        if size <= self._room:
            return None
        message = (
            f"{printable(name)} has {size >> 20:,} MiB, and {MAX_ELEMENTS_BYTES >> 20} MiB of elements are the most"
        )
        if size <= MAX_ELEMENTS_BYTES:
            message += " in all files together"
        return Trouble(code="too-large", message=message, hint=PARTS)


def _empty(name: str) -> Trouble:
    hint = "write one for each task, or leave input out to run the UDF once"
    return Trouble(code="empty", message=f"{printable(name)} holds no element", hint=hint)


def _checked(elements: Elements, text: str, name: str) -> Elements | Trouble:
    if not elements.values:
        return _empty(name)
    # To look at each text of a million takes long, and hardly ever finds something.
    if not looks_like_secret(text) and not any(map(is_sensitive_name, _names(elements.values))):
        return elements
    for pointer, message in secrets_in(elements.values):
        hint = "remove it; keep secrets where the job runs, and only name the place here"
        return Trouble(code="secret", message=message, hint=hint, place=elements.place(int(pointer[0])))
    return elements


def _names(values: Iterable[Any]) -> set[str]:
    """Every key in them."""
    names: set[str] = set()
    for value in values:
        if isinstance(value, dict):
            names.update(value)
            names |= _names(value.values())
        elif isinstance(value, list):
            names |= _names(value)
    return names


def _reader(ending: str) -> Callable[[str, str], Elements] | None:
    """What reads a file of this ending; only specs that name one wait for its import."""
    if ending == ".csv":
        from fused_spec.spec.inputs.elements_csv import csv_elements

        return csv_elements
    if ending in {".json", ".jsonl", ".ndjson"}:
        from fused_spec.spec.inputs.elements_json import json_elements, json_lines_elements

        return json_elements if ending == ".json" else json_lines_elements
    return None
