"""The codes that the source tells problems with, found by reading it."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import fused_spec

ROOT = Path(fused_spec.__file__).parent
_TELL_NOTHING = {"api", "engine", "service", "wire"}
"""Packages that know nothing of specs."""
_CODE = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*")


class Teller(NamedTuple):
    """What takes a code: a function or a class, by its file and name, with the place of the code in a call, and how
    many words a call has at least."""

    file: Path
    name: str
    place: int | None
    least: int = 0


def codes_in_source() -> dict[str, str]:
    """Each code with a place in the source that tells it; raises where nobody can read which one is meant."""
    paths = [path for path in sorted(ROOT.rglob("*.py")) if path.relative_to(ROOT).parts[0] not in _TELL_NOTHING]
    trees = {path: ast.parse(path.read_text(encoding="utf-8")) for path in paths}
    tellers = [teller for path, tree in trees.items() for teller in _tellers(path, tree)]
    found: dict[str, str] = {}
    for path, tree in trees.items():
        for code, line in _told(path, tree, tellers):
            found.setdefault(code, f"{path.relative_to(ROOT.parent)}:{line}")
    return found


def _tellers(path: Path, tree: ast.Module) -> Iterator[Teller]:
    """Whatever takes a `code` and words beside it."""
    for node in ast.walk(tree):
        for inner in ast.iter_child_nodes(node):
            if isinstance(inner, ast.ClassDef):
                fields = [
                    one.target.id
                    for one in inner.body
                    if isinstance(one, ast.AnnAssign) and isinstance(one.target, ast.Name)
                ]
                if _tells(fields):
                    yield Teller(path, inner.name, fields.index("code"))
            if isinstance(inner, ast.FunctionDef):
                taken = [one.arg for one in inner.args.args if one.arg != "self"]
                name = node.name if isinstance(node, ast.ClassDef) and inner.name == "__init__" else inner.name
                if _tells(taken):
                    yield Teller(path, name, taken.index("code"), len(taken) - len(inner.args.defaults))
                elif _tells([*taken, *(one.arg for one in inner.args.kwonlyargs)]):
                    yield Teller(path, name, None)


def _tells(names: list[str]) -> bool:
    return "code" in names and not {"message", "mentions", "hint"}.isdisjoint(names)


def _told(path: Path, tree: ast.Module, tellers: list[Teller]) -> Iterator[tuple[str, int]]:
    here = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    known = here | {one.name for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) for one in node.names}
    for function, node in _within(tree, None):
        if isinstance(node, ast.Call) and (teller := _teller(node, path, here, known, tellers)) is not None:
            said = [one.value for one in node.keywords if one.arg == "code"]
            if teller.place is not None and not said:
                said = node.args[teller.place : teller.place + 1]
            for one in said:
                for code in _possible(one, function, tree, path):
                    yield code, node.lineno
        # What a teller says where nothing else is said.
        match node:
            case ast.AnnAssign(target=ast.Name(id="code"), value=ast.Constant(value=str(code))):
                yield code, node.lineno
        if isinstance(node, ast.FunctionDef):
            yield from _defaults(node)


def _defaults(function: ast.FunctionDef) -> Iterator[tuple[str, int]]:
    arguments = function.args
    taken = [*arguments.posonlyargs, *arguments.args]
    taken = taken[len(taken) - len(arguments.defaults) :]
    given = [
        *zip(taken, arguments.defaults, strict=True),
        *zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True),
    ]
    for one, default in given:
        if one.arg == "code" and isinstance(default, ast.Constant) and isinstance(default.value, str):
            yield default.value, function.lineno


def _within(node: ast.AST, function: ast.FunctionDef | None) -> Iterator[tuple[ast.FunctionDef | None, ast.AST]]:
    for inner in ast.iter_child_nodes(node):
        yield function, inner
        yield from _within(inner, inner if isinstance(inner, ast.FunctionDef) else function)


def _teller(call: ast.Call, path: Path, here: set[str], known: set[str], tellers: list[Teller]) -> Teller | None:
    """What is called, where that tells: a name that the file itself has is that of the file."""
    match call.func:
        case ast.Name(id=name) if name in known:
            pass
        case ast.Attribute(attr=name):
            pass
        case _:
            return None
    words = len(call.args) + len(call.keywords)
    fit = (one for one in tellers if one.name == name and words >= one.least)
    return next((one for one in fit if one.file == path or name not in here), None)


def _possible(said: ast.expr, function: ast.FunctionDef | None, tree: ast.Module, path: Path) -> Iterator[str]:
    """The codes that an expression may be; what is handed on is told where it comes from."""
    match said:
        case ast.Constant(value=str(code)):
            yield code
        case ast.Attribute(attr="code"):
            return
        case ast.IfExp(body=one, orelse=other):
            yield from _possible(one, function, tree, path)
            yield from _possible(other, function, tree, path)
        case ast.Name(id=name):
            taken = [one.arg for one in (*function.args.args, *function.args.kwonlyargs)] if function else []
            if name in taken:
                return
            if not (values := [*_assigned(name, function), *_assigned(name, tree)]):
                raise AssertionError(f"{path}:{said.lineno}: nobody can read which code this is")
            for value in values:
                yield from _words(value, tree)
        case _:
            raise AssertionError(f"{path}:{said.lineno}: nobody can read which code this is; write it out")


def _assigned(name: str, within: ast.AST | None) -> Iterator[ast.expr]:
    for node in ast.walk(within) if within is not None else ():
        if isinstance(node, ast.Assign):
            names = [one.id for target in node.targets for one in ast.walk(target) if isinstance(one, ast.Name)]
            if name in names:
                yield node.value


def _words(value: ast.expr, tree: ast.Module) -> Iterator[str]:
    """The texts in a value that have the form of a code, but for the keys of mappings; names are followed."""
    keys = {id(key) for node in ast.walk(value) if isinstance(node, ast.Dict) for key in node.keys}
    for node in ast.walk(value):
        match node:
            case ast.Constant(value=str(code)) if id(node) not in keys and _CODE.fullmatch(code):
                yield code
        if isinstance(node, ast.Name):
            for other in _assigned(node.id, ast.Module([one for one in tree.body if isinstance(one, ast.Assign)], [])):
                yield from _words(other, tree)
