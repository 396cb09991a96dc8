"""Run the Python of a repository that makes specs, in a process of its own: `-m … FILE NAME RESULT`.

What was made, or what went wrong and where, is written to RESULT as JSON.
"""

import importlib.util
import json
import sys
import traceback
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

from fused_spec.spec.resources.said import Resource, plain


class _MadeNothingError(Exception):  # told as a value before the process ends
    """What the file holds cannot be specs; `hint` is the next step."""

    def __init__(self, why: str, hint: str) -> None:
        super().__init__(why)
        self.hint = hint


def main(file: str, name: str, result: str) -> int:
    """What stands under the name in the file, as documents."""
    path = Path(file)
    try:
        told: dict[str, Any] = {"documents": _documents(_made(path, name))}
    except _MadeNothingError as error:
        told = {"why": str(error), "hint": error.hint, "line": 1}
    except (Exception, SystemExit) as error:  # noqa: BLE001  # of whatever a repository's own code does, nothing else is known
        traceback.print_exception(error.with_traceback(_from_file(error, path)))
        why = "".join(traceback.format_exception_only(error)).strip().splitlines()[-1]
        told = {"why": why, "hint": "the traceback above has the rest", "line": _line(error, path)}
    Path(result).write_text(json.dumps(told, ensure_ascii=True, allow_nan=True), encoding="utf-8")
    return 0 if "documents" in told else 1


def _made(path: Path, name: str) -> Any:
    sys.path.insert(0, str(path.parent))
    description = importlib.util.spec_from_file_location(path.stem, path)
    assert description is not None and description.loader is not None  # it ends with .py
    module = importlib.util.module_from_spec(description)
    sys.modules[path.stem] = module
    description.loader.exec_module(module)
    if not hasattr(module, name):
        raise _MadeNothingError(f'there is no "{name}" in it', "name a list of specs, or a function that returns one")
    found = getattr(module, name)
    return found() if callable(found) else found


def _documents(made: Any) -> list[Any]:
    single = isinstance(made, Resource | Mapping | str | bytes) or not isinstance(made, Iterable)
    return [_document(one, index) for index, one in enumerate([made] if single else made)]


def _document(one: Any, index: int) -> Any:
    if isinstance(one, Resource):
        return one.document()
    if isinstance(one, Mapping):
        return plain(one)
    hint = "make it of Job, Udf and UdfAccessToken, or of mappings as YAML has them"
    raise _MadeNothingError(f"number {index + 1} of what it makes is {type(one).__name__}, and no spec", hint)


def _from_file(error: BaseException, path: Path) -> TracebackType | None:
    """The traceback from the file on: what called it concerns nobody."""
    step = error.__traceback__
    while step is not None and step.tb_frame.f_code.co_filename != str(path):
        step = step.tb_next
    return step


def _line(error: BaseException, path: Path) -> int:
    """The last line of the file itself on the way to an error."""
    if isinstance(error, SyntaxError) and error.filename == str(path):
        return error.lineno or 1
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(path)]
    return (lines[-1] if lines else 1) or 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
