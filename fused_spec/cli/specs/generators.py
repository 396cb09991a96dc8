"""What a project's own Python makes of specs: run apart, with no credentials, and given back as documents."""

import json
import os
import site
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from msgspec import Struct

from fused_spec.messages.diagnostics import Diagnostic, Location
from fused_spec.messages.redaction import is_sensitive_name, looks_like_secret
from fused_spec.spec.files.discovery import printable
from fused_spec.spec.files.named_files import Folder, Trouble
from fused_spec.spec.model import Project

_OURS = ("FUSED", "XDG_", "PYTHON")
_LEADS_TO_SECRETS = ("SSH_AUTH_SOCK", "HOME", "NETRC", "KUBECONFIG", "AWS_PROFILE", "GIT_ASKPASS")


class Generator(Struct, frozen=True, kw_only=True):
    """A Python file of the project, the name in it, and where the project says so."""

    path: Path
    shown: str
    name: str
    declared: Location


class Made(Struct, frozen=True, kw_only=True):
    """What a generator made, what went wrong, and what it printed."""

    documents: tuple[Any, ...] = ()
    problem: Diagnostic | None = None
    printed: str = ""


def generators_of(project: Project, cwd: Path) -> tuple[list[Generator], list[Diagnostic]]:
    """Those that the project names, in their order, and what is wrong with their names."""
    document = project.document
    if document is None:
        return [], []
    found, problems = [], []
    for index, said in enumerate(document.tree.get("generate", ())):
        file, _, name = said.rpartition(":")
        at = document.positions.value(("generate", index))
        path = Folder(path=project.root, root=project.root).locate(file)
        if isinstance(path, Trouble):
            problems.append(
                Diagnostic(
                    code=path.code, message=path.message, location=at, pointer=f"generate.{index}", hint=path.hint
                )
            )
            continue
        shown = printable(Path(os.path.relpath(path, os.path.realpath(cwd))))
        found.append(Generator(path=path, shown=shown, name=name, declared=at))
    return found, problems


def made_by(generator: Generator, project: Project, env: Mapping[str, str], *, timeout: float) -> Made:
    """Run it, for at most `timeout` seconds."""
    with tempfile.TemporaryDirectory(prefix="fused-spec-") as folder:
        home, result = Path(folder) / "home", Path(folder) / "result.json"
        home.mkdir()
        words = ["-P", "-m", "fused_spec.spec.resources.making", str(generator.path), generator.name, str(result)]
        printed, in_time = _run(words, project.root, _without_credentials(env, home), timeout)
        if not in_time:
            why, hint = f"it took longer than {timeout:g} seconds", "make less of it, or give it time with --timeout"
            return Made(problem=_problem(generator, why, hint), printed=printed)
        try:
            told = json.loads(result.read_bytes())
        except (OSError, ValueError):
            why = "its process ended before it said what it made"
            return Made(problem=_problem(generator, why, "look at what it printed"), printed=printed)
    if "documents" not in told:
        return Made(problem=_problem(generator, told["why"], told["hint"], told["line"]), printed=printed)
    return Made(documents=tuple(told["documents"]), printed=printed)


def _run(words: list[str], cwd: Path, env: Mapping[str, str], timeout: float) -> tuple[str, bool]:
    """What it printed, and whether it ended in time; what it started ends with it."""
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(
            [sys.executable, *words],
            cwd=cwd,
            env=dict(env),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            process.wait(timeout)
            in_time = True
        except subprocess.TimeoutExpired:
            in_time = False
        finally:
            _end(process)
        output.seek(0)
        return output.read(_MOST_PRINTED).decode("utf-8", "replace").rstrip("\n"), in_time


_MOST_PRINTED = 1 << 20


def _end(process: "subprocess.Popen[bytes]") -> None:
    """End it, and all that it left in its session."""
    import signal
    from contextlib import suppress

    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _without_credentials(env: Mapping[str, str], home: Path) -> dict[str, str]:
    """The environment without what holds secrets or leads to them; the order of sets is the same in each run."""
    kept = {
        name: value
        for name, value in env.items()
        if not name.startswith(_OURS)
        and name not in _LEADS_TO_SECRETS
        and not is_sensitive_name(name)
        and not looks_like_secret(value)
    }
    return {
        **kept,
        "HOME": str(home),
        "PYTHONUSERBASE": site.getuserbase(),
        "PYTHONHASHSEED": "0",
        "PYTHONDONTWRITEBYTECODE": "1",
    }


def _problem(generator: Generator, why: str, hint: str, line: int = 1) -> Diagnostic:
    return Diagnostic(
        code="bad-generator",
        message=f'"{generator.name}" makes no specs: {why}',
        location=Location(path=generator.shown, line=line),
        hint=hint,
    )
