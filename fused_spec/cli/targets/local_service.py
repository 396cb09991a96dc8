"""What runs the jobs of the local service, and what its `fd://` is: the flag, then the variable, then the project file.

A service that runs already keeps what it was started with. Where something else was asked for, nothing is sent to it.
"""

import os
from collections.abc import Callable, Collection
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from fused_spec.cli.terminal.context import Context
from fused_spec.configuration.engine_choice import parse_engine
from fused_spec.configuration.storage_url import parse_storage
from fused_spec.errors import Misconfigured
from fused_spec.messages.redaction import redact

if TYPE_CHECKING:
    from fused_spec.service.state.launch import ServiceAddress
    from fused_spec.spec.model import Project

_ENGINE, _STORAGE = "FUSED_SPEC_ENGINE", "FUSED_SPEC_STORAGE_URL"
_ALLOW_WRITE = "FUSED_SPEC_ALLOW_WRITE"


class Asked(Struct, frozen=True, kw_only=True):
    """What was asked for, as `serve` takes it, and by whom; None where nobody said so."""

    value: str | None = None
    source: str = ""


class Placing(Struct, frozen=True, kw_only=True):
    """The engine and the storage that were asked for."""

    engine: Asked
    storage: Asked


def placing(
    context: Context, project: "Project | None", *, engine: str | None = None, storage: str | None = None
) -> Placing:
    """Find what was asked for; `engine` and `storage` are the flags. Raises `Misconfigured` for what can be neither."""
    file = str(project.file) if project is not None else ""
    in_file = (project.engine, project.storage) if project is not None else (None, None)
    said_engine = _first((engine, "--engine"), (context.env.get(_ENGINE), _ENGINE), (in_file[0], file))
    said_storage = _first((storage, "--storage"), (context.env.get(_STORAGE), _STORAGE), (in_file[1], file))
    base = project.root if project is not None and said_storage.source == file else context.cwd
    return Placing(
        engine=_parsed(said_engine, lambda text: str(parse_engine(text))),
        storage=_parsed(said_storage, lambda text: parse_storage(text, base)),
    )


def asked_to_allow(context: Context, given: Collection[Path] = ()) -> list[Path]:
    """Where a service that is started lets jobs write: as the flags say, or the variable; no file of a project does."""
    named = given or map(Path, filter(None, context.env.get(_ALLOW_WRITE, "").split(os.pathsep)))
    return [context.cwd / path.expanduser() for path in named]


def check_running(address: "ServiceAddress", asked: Placing, state: Path) -> None:
    """Raises `Misconfigured` when the running service of a state folder has another engine or storage than asked for.

    Where nobody asks for one the default is meant, unless a person started the service with the flag for it.
    """
    from fused_spec.service.state.launch import default_storage

    for name, running, wanted, default in (
        ("engine", address.engine, asked.engine, str(parse_engine(None))),
        ("storage", address.storage, asked.storage, default_storage(state)),
    ):
        if wanted.value is None and name in address.by_flag:
            continue
        if (meant := wanted.value or default) != running:
            why = f"{wanted.source} asks for" if wanted.value else "with nothing configured it would be"
            raise Misconfigured(
                f"the local service (process {address.pid}) runs with the {name} {redact(running)}, "
                f"and {why} {redact(meant)}; nothing was sent to it",
                hint=f"stop it with `kill {address.pid}` (running jobs go on), and run this again: "
                "it is then started as asked",
            )


def _parsed(said: Asked, parse: Callable[[str], str | None]) -> Asked:
    if said.value is None:
        return said
    try:
        return Asked(value=parse(said.value), source=said.source)
    except Misconfigured as error:
        raise Misconfigured(f"{said.source}: {error}", hint=error.hint) from None


def _first(*said: tuple[str | None, str]) -> Asked:
    return next((Asked(value=value, source=source) for value, source in said if value), Asked())
