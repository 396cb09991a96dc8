"""What a process loads for a command: counted in modules, and by the libraries that take long."""

import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

GEOSPATIAL = {"geopandas", "pandas", "numpy", "pyarrow", "shapely", "pyogrio", "rasterio"}
SERVICE = {"starlette", "uvicorn", "sqlite3", "asyncio", "multipart"}
CLIENT = {"requests", "urllib3", "pydantic", "ijson", "fsspec", "http"}
SPECS = {"yaml", "jsonschema"}
SHOWN = {"rich"}
HEAVY = GEOSPATIAL | SERVICE | CLIENT | SPECS | SHOWN

_PROBE = """
import json, sys
import click
before = set(sys.modules)
from fused_spec.cli.main import run
code = run(sys.argv[1:])
loaded = sorted(set(sys.modules) - before)
made = {
    f"{one.__module__}.{one.__qualname__}"
    for name in loaded
    if name.startswith("fused_spec")
    for one in vars(sys.modules[name]).values()
    if isinstance(one, type) and one.__module__ == name and "__dataclass_fields__" in vars(one)
}
print("\\n" + json.dumps([code, loaded, sorted(made)]), file=sys.stderr)
"""


@dataclass(frozen=True, kw_only=True)
class Loaded:
    """What a process loaded for a command, besides click and what click needs."""

    code: int
    modules: list[str]
    dataclasses: list[str]
    """Ours, each of which Python writes and compiles anew at every start."""
    out: str

    @property
    def packages(self) -> set[str]:
        return {name.partition(".")[0] for name in self.modules}

    def ours(self, room: str) -> list[str]:
        return [name for name in self.modules if f"{name}.".startswith(f"fused_spec.{room}")]


def loaded_by(*words: str, cwd: Path, env: Mapping[str, str] | None = None) -> Loaded:
    done = subprocess.run(
        [sys.executable, "-c", _PROBE, *words], cwd=cwd, env=env, capture_output=True, text=True, check=True
    )
    code, modules, dataclasses = json.loads(done.stderr.splitlines()[-1])
    return Loaded(code=code, modules=modules, dataclasses=dataclasses, out=done.stdout)
