"""The engine that a job's request names."""

import json
import time
from collections.abc import Mapping
from pathlib import Path

from fused_spec.engine.failures import StepFailed
from fused_spec.engine.processes.guard import WorkerLimits
from fused_spec.engine.processes.mapping import Engine, Processes
from fused_spec.engine.processes.quarters import Quarters

_PATIENCE_SECONDS = 300.0  # its processes import much, which takes long where other work goes on
_LOOK_SECONDS = 0.1


def engine_of(
    place: str | None, *, cpus: int, env: Mapping[str, str], elsewhere: WorkerLimits, quarters: Quarters
) -> Engine:
    """`place` is None for processes of this machine, a Dask scheduler's address, or the file in which one is written.

    `elsewhere` holds for tasks on a cluster, `quarters` are those of a process here.

    Raises `StepFailed` when Dask is not installed, or the file does not come.
    """
    if place is None:
        return Processes(cpus=cpus, quarters=quarters)
    try:
        from fused_spec.engine.cluster.engine import Dask  # heavy, and an extra
    except ImportError as error:
        raise StepFailed(f"the engine dask needs dask ({error}); pip install 'fused-spec[dask]'") from None
    address, pem = _written(Path(place)) if place.startswith("/") else (place, None)
    return Dask(address=address, pem=pem, env=env, limits=elsewhere, quarters=quarters)


def _written(path: Path) -> tuple[str, str]:
    """The address and the key of the local cluster, which may be on its way up; one without a key is being replaced."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < deadline:
        try:
            known = json.loads(path.read_text(encoding="utf-8"))
            return str(known["address"]), str(known["pem"])
        except (FileNotFoundError, ValueError, KeyError):
            time.sleep(_LOOK_SECONDS)
    raise StepFailed(f"the local Dask cluster did not start within {_PATIENCE_SECONDS:.0f} seconds; see {path.parent}")
