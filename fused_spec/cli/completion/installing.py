"""Where a shell finds what it has to read: a file of ours, and a line in the file that it reads at its start."""

import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from fused_spec.cli.completion.shells import NAME, script


class Installed(NamedTuple):
    """The script, and the start-up file that reads it; none where the shell looks for such scripts by itself.

    `is_new` tells whether the line in the start-up file was added just now.
    """

    script: Path
    read_by: Path | None = None
    is_new: bool = False


def install(shell: str, home: Path, env: Mapping[str, str]) -> Installed:
    """Write the script of a shell, and have each new shell read it; raises `OSError` where that cannot be written."""
    if shell == "fish":
        return Installed(
            _written(_under(env, "XDG_CONFIG_HOME", home / ".config") / f"fish/completions/{NAME}.fish", shell)
        )
    path = _written(_under(env, "XDG_DATA_HOME", home / ".local/share") / NAME / f"completion.{shell}", shell)
    read_by = home / ".bashrc" if shell == "bash" else _under(env, "ZDOTDIR", home) / ".zshrc"
    before = read_by.read_bytes() if read_by.exists() else b""
    line = f"source {shlex.quote(str(path))} # completion of {NAME}\n".encode()
    if line in before:
        return Installed(path, read_by)
    with read_by.open("ab") as stream:
        stream.write(line if not before or before.endswith(b"\n") else b"\n" + line)
    return Installed(path, read_by, is_new=True)


def _under(env: Mapping[str, str], variable: str, otherwise: Path) -> Path:
    said = env.get(variable)
    return Path(said) if said and Path(said).is_absolute() else otherwise


def _written(path: Path, shell: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(script(shell), encoding="utf-8")
    return path
