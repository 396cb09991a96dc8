"""The lock file: which commit each git reference of the specs means, one line each, kept in git.

    https://github.com/fusedio/udfs fbf5682 fbf5682c1f…

repository, the reference's own word, the whole commit. The lines are sorted, so that two people who add references
change different lines. Only `fused-spec lock` writes it. It is no link, since what comes with a
checkout has no say about files outside.
"""

import re
from collections.abc import Mapping
from pathlib import Path

from fused_spec.messages.diagnostics import Diagnostic, Location

LOCK_FILE = "fused-spec.lock"

_HEAD = "# The commit behind each git reference in these specs: repository, reference, commit.\n"
_HEAD += "# Written by `fused-spec lock`, read by every other command; keep it in git.\n"
_LINE = re.compile(r"(?P<repository>\S+) (?P<ref>\S+) (?P<commit>[0-9a-f]{40})")

Locks = Mapping[tuple[str, str], str]
"""Whole commits by repository and reference."""


def read_locks(root: Path) -> tuple[dict[tuple[str, str], str], list[Diagnostic]]:
    """The locks of the project in this folder, none without a file, and what is wrong with them."""
    if (root / LOCK_FILE).is_symlink():
        return {}, [_problem(f"{LOCK_FILE} is a link, and must be a file", 1)]
    try:
        lines = (root / LOCK_FILE).read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return {}, []
    except (OSError, UnicodeDecodeError) as error:
        return {}, [_problem(f"{LOCK_FILE} cannot be read: {getattr(error, 'strerror', None) or error}", 1)]
    locks: dict[tuple[str, str], str] = {}
    problems: list[Diagnostic] = []
    for number, line in enumerate(lines, start=1):
        if not line.strip() or line.startswith("#"):
            continue
        if (found := _LINE.fullmatch(line.strip())) is None:
            problems.append(_problem("not a line of a lock: write REPOSITORY REFERENCE COMMIT", number))
        else:
            locks[found["repository"], found["ref"]] = found["commit"]
    return locks, problems


def write_locks(root: Path, locks: Locks) -> None:
    """Put the lock file into the project's folder, whole or not at all; raises `OSError`."""
    import tempfile

    with tempfile.TemporaryDirectory(prefix=f".{LOCK_FILE}.", dir=root, ignore_cleanup_errors=True) as drafts:
        draft = Path(drafts, LOCK_FILE)
        draft.write_text(locks_text(locks), encoding="utf-8")
        draft.replace(root / LOCK_FILE)


def locks_text(locks: Locks) -> str:
    """The content of the lock file."""
    return _HEAD + "".join(f"{repository} {ref} {commit}\n" for (repository, ref), commit in sorted(locks.items()))


def _problem(message: str, line: int) -> Diagnostic:
    hint = "take it from git again, or remove it and run `fused-spec lock`"
    return Diagnostic(
        code="bad-lock", message=message, location=Location(path=LOCK_FILE, line=line, column=1), hint=hint
    )
