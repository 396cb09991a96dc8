"""The values that the annotation of a parameter lists: `Literal[…]`, and an `Enum` of the same source.

Read from the syntax, never run: what is computed, or comes from elsewhere, allows anything. The engine refuses the same
values when the job runs (`engine.calling.allowed`).
"""

import ast
import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from msgspec import Struct

from fused_spec.spec.udfs.argument_kinds import NOUNS, wanted_instead
from fused_spec.udfs.choices import meant, shown

_ENUMS = ("Enum", "StrEnum", "IntEnum", "ReprEnum")
_LISTS = ("list", "List", "tuple", "Tuple", "set", "Set", "frozenset", "Sequence", "Iterable", "Collection")
_UNIONS = ("Union", "Optional")
_DEEPEST = 20


class Allowed(Struct, frozen=True, kw_only=True):
    """Values, names that mean values, plain kinds beside them, and what a list may hold."""

    values: tuple[Any, ...] = ()
    names: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    items: "Allowed | None" = None

    def wanted_instead(self, value: Any) -> str | None:
        """What is wanted, in words; None when the value is allowed."""
        return None if self._allows(value) else " or ".join(self._wanted())

    def _allows(self, value: Any) -> bool:
        if value is None or any(kind not in NOUNS or wanted_instead(value, kind) is None for kind in self.kinds):
            return True
        if self.items is not None and (held := _held(value)) is not None:
            return all(self.items._allows(one) for one in held)
        try:
            meant(value, (*self.values, *self.names))
        except LookupError:
            return False
        return True

    def _wanted(self) -> Iterator[str]:
        if self.values:
            yield shown(self.values)
        for kind in self.kinds:
            yield NOUNS[kind]
        if self.items is not None:
            yield f"a list of {' or '.join(self.items._wanted())}"


class Definitions(Struct, frozen=True):
    """What a source defines at its top level that annotations may name."""

    enums: Mapping[str, Allowed]
    aliases: Mapping[str, ast.expr]

    @classmethod
    def of(cls, module: ast.Module, times_stored: Callable[[str], int]) -> "Definitions":
        """Those of a source; `times_stored` counts where a name gets a value."""
        enums = {node.name: found for node in module.body if (found := _enum(node)) and isinstance(node, ast.ClassDef)}
        return cls(enums, dict(_aliases(module, times_stored)))

    def allowed(self, annotation: ast.expr | None) -> Allowed | None:
        """What an annotation allows; None when it lists no values, or allows more than the syntax tells."""
        found = self._read(annotation, 0) if annotation is not None else None
        return found if found is not None and _lists_values(found) else None

    def _read(self, node: ast.expr, depth: int) -> Allowed | None:
        """None for what allows anything."""
        if depth > _DEEPEST:
            return None
        match node:
            case ast.Constant(value=str(text)):
                try:
                    return self._read(ast.parse(text, mode="eval").body, depth + 1)
                except (SyntaxError, ValueError, RecursionError, MemoryError):
                    return None
            case ast.Constant(value=None):
                return Allowed()
            case ast.Name(id=name) if name in self.enums:
                return self.enums[name]
            case ast.Name(id=name) if name in self.aliases:
                return self._read(self.aliases[name], depth + 1)
            case ast.Name(id=name) if name in NOUNS:
                return Allowed(kinds=(name,))
            case ast.BinOp(left=left, op=ast.BitOr(), right=right):
                return _either([self._read(left, depth + 1), self._read(right, depth + 1)])
            case ast.Subscript(value=of, slice=inner):
                return self._subscript(_name(of), inner, depth)
        return None

    def _subscript(self, word: str, inner: ast.expr, depth: int) -> Allowed | None:
        parts = inner.elts if isinstance(inner, ast.Tuple) else [inner]
        if word == "Literal":
            return self._literal(parts, depth)
        if word in _UNIONS:
            return _either([self._read(part, depth + 1) for part in parts])
        if word == "Annotated":
            return self._read(parts[0], depth + 1)
        is_even = len(parts) == 1 or (word.lower() == "tuple" and _is_ellipsis(parts[1]))
        if word in _LISTS and is_even and (items := self._read(parts[0], depth + 1)) is not None:
            return Allowed(items=items)
        return None

    def _literal(self, parts: list[ast.expr], depth: int) -> Allowed | None:
        found: list[Allowed | None] = []
        for part in parts:
            if isinstance(part, ast.Attribute) and _name(part.value) in self.enums:
                found.append(_member(self.enums[_name(part.value)], part.attr))
            elif isinstance(part, ast.Subscript | ast.Name):
                found.append(self._read(part, depth + 1))
            else:
                try:
                    found.append(Allowed(values=(ast.literal_eval(part),)))
                except (ValueError, TypeError, SyntaxError):
                    return None
        return _either(found)


def _aliases(module: ast.Module, times_stored: Callable[[str], int]) -> Iterator[tuple[str, ast.expr]]:
    """Names that are assigned once, as `Mode = Literal["a", "b"]`."""
    for node in module.body:
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=value) if times_stored(name) == 1:
                yield name, value
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value) if times_stored(name) == 1:
                yield name, value
        if node.__class__.__name__ == "TypeAlias":  # Python 3.12: type Mode = …
            yield node.name.id, node.value  # type: ignore[attr-defined]


def _enum(node: ast.stmt) -> Allowed | None:
    """The members of an enumeration; None for another class, and where they are computed."""
    if not isinstance(node, ast.ClassDef) or not any(_name(base) in _ENUMS for base in node.bases):
        return None
    members: dict[str, Any] = {}
    for part in node.body:
        match part:
            case (
                ast.Assign(targets=[ast.Name(id=name)], value=value)
                | ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value)
            ) if not name.startswith("_"):
                try:
                    members[name] = ast.literal_eval(value)
                except (ValueError, TypeError, SyntaxError):
                    members[name] = _automatic(node, value, name, members)
                    if members[name] is None:
                        return None
            case ast.FunctionDef(name="_missing_" | "_generate_next_value_" | "__new__" | "__init__"):
                return None
    return Allowed(values=tuple(members.values()), names=tuple(members)) if members else None


def _automatic(node: ast.ClassDef, value: ast.expr, name: str, members: Mapping[str, Any]) -> Any:
    """What `auto()` stands for, where it is sure."""
    if not (isinstance(value, ast.Call) and _name(value.func) == "auto" and not value.args):
        return None
    if any(_name(base) == "StrEnum" for base in node.bases):
        return name.lower()
    whole = all(type(one) is int for one in members.values())
    return max(members.values(), default=0) + 1 if whole else None


def _member(enum: Allowed, name: str) -> Allowed | None:
    if name not in enum.names:
        return None
    return Allowed(values=(enum.values[enum.names.index(name)],), names=(name,))


def _either(parts: list[Allowed | None]) -> Allowed | None:
    known = [part for part in parts if part is not None]
    lists = [part.items for part in known if part.items is not None]
    if len(known) < len(parts) or len(lists) > 1:
        return None
    return Allowed(
        values=tuple(value for part in known for value in part.values),
        names=tuple(name for part in known for name in part.names),
        kinds=tuple(kind for part in known for kind in part.kinds),
        items=lists[0] if lists else None,
    )


def _lists_values(found: Allowed) -> bool:
    return bool(found.values) or (found.items is not None and _lists_values(found.items))


def _held(value: Any) -> list[Any] | None:
    """The elements of a list, also of one that is written as JSON."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            return None
    return value if isinstance(value, list) else None


def _is_ellipsis(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is ...


def _name(node: ast.expr) -> str:
    """`Literal` of `Literal`, `typing.Literal` and `t.Literal`."""
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
