"""Values that say some fields and leave out the others, and the document that comes of them."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from msgspec import UNSET, Struct, UnsetType

API_VERSION = "fused-spec/v1"
_TOP = ("use", "matrix")

Free = Mapping[str, Any]
"""A mapping whose fields are the writer's own, or one as YAML would have it."""


class Named(Struct):
    name: str


class Resource(Named, kw_only=True):
    """What every kind has: the fields of `metadata`, `use` and `matrix`; those of `spec` stand beside them.

    A text may name a value, as in a spec: `"${matrix.month}"`, `"${var.disk}"`.
    """

    kind: ClassVar[str]

    description: str | UnsetType = UNSET
    labels: Mapping[str, str] | UnsetType = UNSET
    protect: bool | UnsetType = UNSET
    targets: Sequence[str] | Free | UnsetType = UNSET
    moved_from: Sequence[str | Free] | UnsetType = UNSET
    adopts: Free | UnsetType = UNSET
    use: Sequence[str] | UnsetType = UNSET
    matrix: Free | UnsetType = UNSET

    def document(self) -> dict[str, Any]:
        """The same as a document of a spec file, with what was said alone; raises `TypeError` for no plain value."""
        said = plain(self)
        top = {name: said.pop(name) for name in _TOP if name in said}
        metadata = {name: said.pop(name) for name in Resource.__struct_fields__ if name in said}
        return {"apiVersion": API_VERSION, "kind": self.kind, "metadata": metadata, **top, "spec": said}


def plain(value: Any) -> Any:
    """The value as JSON has it: structs as mappings of what was said, every sequence a list.

    Raises `TypeError` for what JSON does not know.
    """
    if isinstance(value, Struct):
        tag = value.__struct_config__.tag
        named = {"type": tag} if isinstance(tag, str) else {}
        fields = {name: getattr(value, name) for name in value.__struct_fields__}
        return {**named, **{name: plain(one) for name, one in fields.items() if one is not UNSET}}
    if isinstance(value, Mapping):
        return {_key(name): plain(one) for name, one in value.items()}
    if isinstance(value, str):
        return str(value)  # words of an enumeration are their text
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, Sequence) and not isinstance(value, bytes | bytearray):
        return [plain(one) for one in value]
    raise TypeError(f"{type(value).__name__} cannot stand in a spec; write text, numbers, lists and mappings")


def _key(name: Any) -> str:
    if not isinstance(name, str):
        raise TypeError(f"the key {name!r} is no text; write it between quotes")
    return str(name)
