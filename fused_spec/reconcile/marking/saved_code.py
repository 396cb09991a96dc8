"""Whether a saved UDF is the declared one as a published client saves it again.

Version 2 of that client calls the function `udf`, whatever it was called, and writes the source anew from its syntax
tree: comments and line breaks are gone. Nothing but its meaning can be compared then.
"""

import ast
import warnings

from fused_spec.wire import Udf

ENTRY = "udf"
_AWAY = "udf_old"


def is_saved_again(declared: Udf, saved: Udf) -> bool:
    """Whether the saved source is the declared one with its function renamed."""
    if saved.entrypoint != ENTRY or declared.entrypoint == ENTRY:
        return False
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what a parser thinks of an escape is no matter here
        try:
            ours, theirs = ast.parse(declared.code), ast.parse(saved.code)
        except (SyntaxError, ValueError, RecursionError):
            return False
    for old, new in ((ENTRY, _AWAY), (declared.entrypoint, ENTRY)):
        ours = _Renamed(old, new).visit(ours)
    return ast.dump(ours) == ast.dump(theirs)


class _Renamed(ast.NodeTransformer):
    """A function under another name, and every use of it."""

    def __init__(self, old: str, new: str) -> None:
        self._old = old
        self._new = new

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        node.name = self._new if node.name == self._old else node.name
        return self.generic_visit(node)

    def visit_Name(self, node: ast.Name) -> ast.AST:
        if node.id == self._old and isinstance(node.ctx, ast.Load):
            node.id = self._new
        return node
