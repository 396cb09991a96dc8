"""Expressions of policies: a small part of CEL, checked before it is used, and bounded in time and size.

What could make values grow is left out: arithmetic on texts and lists, and what makes lists of lists. Regular
expressions do not go back, and loops are over lists that are there, ten thousand rounds in all.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from cel_expr_python import cel

from fused_spec.messages.diagnostics import nearest
from fused_spec.spec.documents.wording import either
from fused_spec.spec.policies.naming import OVER_LISTS, Path, called, paths, tokens

FUNCTIONS = ("size", "has", "matches", "startsWith", "endsWith", "contains", *OVER_LISTS)

_PLACE = re.compile(r"<input>:(\d+):(\d+): (.*)")
_UNKNOWN = re.compile(r"undeclared reference to '([^'.]*)")
_EXPECTED = re.compile(r" (expecting \{.*|\(in container ''\))$")
_NO_KEY = re.compile(r'Key not found in map : "?([^"]*)"?')
_ANOTHER_TYPE = ("No matching overloads", "SELECT to non-message")


class ExpressionError(Exception):
    """An expression cannot be used, or has no answer: `str(error)` says why, `hint` the next step."""

    def __init__(self, why: str, hint: str) -> None:
        super().__init__(why)
        self.hint = hint


class Expression:
    """One that was checked; `fields` are those that it names, in their order."""

    def __init__(self, text: str, names: Sequence[str]) -> None:
        """Raises `ExpressionError` for one that cannot be used; it may name these and nothing else."""
        if any("\ud800" <= sign <= "\udfff" for sign in text):
            raise ExpressionError("it holds half a character", "write it anew")
        words = tokens(text)
        _refuse_more(words_called=called(words), signs={word.text for word in words if not word.is_text})
        types = {name: cel.Type.Map(cel.Type.STRING, cel.Type.DYN) for name in names}
        try:
            self._compiled = cel.NewEnv(variables=types).compile(text)
        except RuntimeError as error:
            raise _as_written(str(error), names) from None
        if self._compiled.return_type() not in (cel.Type.BOOL, cel.Type.DYN):
            kind = str(self._compiled.return_type().name()).lower()
            raise ExpressionError(f"it is neither true nor false, but of type {kind}", "compare it with something")
        self.fields: list[Path] = paths(words, names)

    def holds(self, facts: Mapping[str, Any]) -> bool:
        """Whether it is true of the facts; raises `ExpressionError` where nobody can tell."""
        try:
            found = self._compiled.eval(data=facts)
            value, failed = found.value(), found.type() == cel.Type.ERROR
        except RuntimeError as error:
            raise _as_met(str(error)) from None
        if failed:
            raise _as_met(str(value))
        if not isinstance(value, bool):
            raise ExpressionError("it is neither true nor false", "compare it with something")
        return value


def _refuse_more(words_called: Collection[str] | Any, signs: Collection[str]) -> None:
    for word in words_called:
        if word not in FUNCTIONS:
            meant = nearest(word, FUNCTIONS)
            hint = f'did you mean "{meant}"?' if meant else f"there are {either(FUNCTIONS, 'and')}"
            raise ExpressionError(f'there is no function "{word}" in policies', hint)
    for sign in "+*/%":
        if sign in signs:
            raise ExpressionError(f'there is no "{sign}" in policies', "compare the values as they are")


def _as_written(said: str, names: Sequence[str]) -> ExpressionError:
    """What the compiler says, for whoever wrote it."""
    found = _PLACE.search(said)
    if found is None:
        return ExpressionError(_first_line(said), "write it in fewer parts")
    line, column, why = int(found[1]), int(found[2]), found[3]
    unknown = _UNKNOWN.search(why)
    if unknown is not None:
        meant = nearest(unknown[1], names)
        hint = f'did you mean "{meant}"?' if meant else f"there are {either(names, 'and')}; texts stand between quotes"
        return ExpressionError(f'there is no "{unknown[1]}" here', hint)
    at = f"character {column}" if line == 1 else f"line {line}, character {column}"
    why = _EXPECTED.sub("", why.removeprefix("Syntax error: ")).replace("input '<EOF>'", "end")
    return ExpressionError(f"{why} (at {at} of the expression)", "see https://cel.dev for how expressions are written")


def _as_met(said: str) -> ExpressionError:
    missing = _NO_KEY.search(said)
    if missing is not None:
        name = missing[1]
        return ExpressionError(f'there is no "{name}"', f"ask for it first: has(….{name}) && …")
    why = _first_line(said)
    if "budget" in why:
        return ExpressionError("it takes too many rounds over lists", "look at fewer lists within lists")
    if any(words in why for words in _ANOTHER_TYPE):
        return ExpressionError(f"values of other types than were meant ({why})", "compare values of one type")
    return ExpressionError(why, "mend the expression")


def _first_line(said: str) -> str:
    line = said.splitlines()[0] if said else "it cannot be evaluated"
    return re.sub(r"^[A-Z_]+: (ERROR: )?| \[[A-Z_]+\]$", "", line)
