"""The environments of what fused-spec is measured beside; uv makes them from `peers.toml`, once per set of versions."""

import functools
import json
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

from filelock import FileLock

HERE = Path(__file__).parent
FOLDER = HERE / ".peers"


class Absent(Exception):
    """A peer cannot be had here; the row that needs it is told as not measured."""


def pins() -> dict[str, dict[str, list[str]]]:
    """What each peer is made of, by its name."""
    return tomllib.loads((HERE / "peers.toml").read_text(encoding="utf-8"))


@functools.cache
def programs(name: str) -> Path:
    """The folder of a peer's programs, `python` among them; raises `Absent` with the reason."""
    wanted = pins()[name]
    folder = FOLDER / name
    FOLDER.mkdir(exist_ok=True)
    made_of = json.dumps({"python": sys.version, **wanted})
    installed = folder / "installed.json"
    with FileLock(FOLDER / f"{name}.lock"):
        if not installed.exists() or installed.read_text(encoding="utf-8") != made_of:
            print(f"making the environment of {name}", file=sys.stderr, flush=True)
            _uv(name, "venv", "--clear", "--python", sys.executable, str(folder))
            for packages in (wanted["packages"], wanted.get("then")):
                if packages:
                    _uv(name, "pip", "install", "--compile-bytecode", "--python", str(folder / "bin/python"), *packages)
            installed.write_text(made_of, encoding="utf-8")
    return folder / "bin"


def _uv(name: str, *words: str) -> None:
    uv = shutil.which("uv") or str(Path(sys.executable).with_name("uv"))
    try:
        done = subprocess.run([uv, *words, "--quiet"], check=False, capture_output=True, text=True)
    except FileNotFoundError as error:
        raise Absent(f"{name} needs uv, which is not installed") from error
    if done.returncode:
        raise Absent(f"{name} cannot be installed: {done.stderr.strip().splitlines()[0]}")
