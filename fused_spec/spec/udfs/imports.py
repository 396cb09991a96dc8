"""What a source imports that not every environment has, as its syntax tells; nothing is imported to know it.

An import that may fail without harm is none: what stands in `try` beside a handler for it, below
`contextlib.suppress(ImportError)`, for type checkers alone, or where the code looks first.
"""

import ast
import sys
from collections.abc import Iterable, Iterator

from msgspec import Struct

NAMESPACES = frozenset({"azure", "google", "odc", "opentelemetry", "ruamel"})
"""Packages that many distributions share: what is imported from them says of which."""

LEFT = {
    **dict.fromkeys(("asynchat", "asyncore", "distutils", "imp", "smtpd"), (3, 12)),
    **dict.fromkeys(
        (
            *("aifc", "audioop", "cgi", "cgitb", "chunk", "crypt", "imghdr", "lib2to3", "mailcap", "msilib", "nis"),
            *("nntplib", "ossaudiodev", "pipes", "sndhdr", "spwd", "sunau", "telnetlib", "uu", "xdrlib"),
        ),
        (3, 13),
    ),
}
"""Modules of the standard library, by the version that has them no more (PEP 594, and what is new in 3.12)."""

_STANDARD = sys.stdlib_module_names - LEFT.keys()
ENGINE_MODULES = frozenset(
    {
        *("filelock", "fsspec", "geopandas", "mapbox_vector_tile", "mercantile", "msgspec", "numpy", "pandas", "PIL"),
        *("psutil", "pyarrow", "pydantic", "pyogrio", "pyproj", "rasterio", "shapely"),
    }
)
"""What can be imported wherever the engine runs: what it needs, and what that cannot do without."""

_OURS = frozenset({"fused", "fused_spec", "__main__"})
_KNOWN = _STANDARD | _OURS | ENGINE_MODULES
_CAUGHT = frozenset({"ImportError", "ModuleNotFoundError", "Exception", "BaseException"})
_ASKED = frozenset({"version_info", "platform", "find_spec"})
_SIMPLE = frozenset({ast.Expr, ast.Assign, ast.AnnAssign, ast.AugAssign, ast.Return, ast.Raise, ast.Assert, ast.Pass})
_Statements = Iterable[ast.stmt]


class Import(Struct, frozen=True, kw_only=True):
    """A module that is imported, by its first name, or by more of them where that alone says too little.

    `line` and `column` count from 1. One that `waits` stands in a function, and is imported once that is called.
    """

    module: str
    line: int
    column: int
    waits: bool = False


def imports_of(module: ast.Module) -> tuple[Import, ...]:
    """Each module once, at the first place that does not wait, else at the first; in the order of their places."""
    found: dict[str, Import] = {}
    for one in _in(module.body, waits=False):
        known = found.get(one.module)
        if known is None or (known.waits and not one.waits):
            found[one.module] = one
    return tuple(sorted(found.values(), key=lambda one: (one.line, one.column)))


def _in(statements: _Statements, *, waits: bool) -> Iterator[Import]:
    """Imports are statements, so that no expression has to be looked into."""
    for node in statements:
        if type(node) in _SIMPLE:
            continue  # most are
        match node:
            case ast.Import(names=names):
                for alias in names:
                    yield from _one(alias.name, alias, waits)
            case ast.ImportFrom(module=str(name), level=0, names=names):
                if name.partition(".")[0] in NAMESPACES:
                    for alias in names:
                        yield from _one(f"{name}.{alias.name}", node, waits)
                else:
                    yield from _one(name, node, waits)
            case ast.FunctionDef(body=body) | ast.AsyncFunctionDef(body=body):
                yield from _in(body, waits=True)
            case _:
                for inner in _certain(node):
                    yield from _in(inner, waits=waits)


def _one(name: str, place: ast.stmt | ast.alias, waits: bool) -> Iterator[Import]:
    first = name.partition(".")[0]
    if first not in _KNOWN:
        module = name if first in NAMESPACES else first
        yield Import(module=module, line=place.lineno, column=place.col_offset + 1, waits=waits)


def _certain(node: ast.stmt) -> Iterator[_Statements]:
    """The statements in another one, without those that may be passed over or fail without harm."""
    match node:
        case ast.Try(handlers=handlers) if any(_catches(one.type) for one in handlers):
            yield node.finalbody
        case ast.If(test=test) if (named := _names(test)) & {"TYPE_CHECKING", *_ASKED}:
            if not named & _ASKED and not isinstance(test, ast.UnaryOp):
                yield node.orelse
        case ast.With(items=items) if any("suppress" in _names(one.context_expr) for one in items):
            return
        case ast.Match(cases=cases):
            yield from (case.body for case in cases)
        case _:
            for field in ("body", "orelse", "finalbody"):
                yield getattr(node, field, ())
            for handler in getattr(node, "handlers", ()):
                yield handler.body


def _catches(kind: ast.expr | None) -> bool:
    return kind is None or not _CAUGHT.isdisjoint(_names(kind))


def _names(node: ast.expr) -> set[str]:
    """`TYPE_CHECKING` of `TYPE_CHECKING` and `typing.TYPE_CHECKING`, wherever it stands in the expression."""
    inside = ast.walk(node)
    return {
        one.id if isinstance(one, ast.Name) else one.attr for one in inside if isinstance(one, ast.Name | ast.Attribute)
    }
