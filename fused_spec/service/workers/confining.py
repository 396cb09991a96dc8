"""Where jobs may write, as their service says to the engine, and to people.

The folders of specs that are applied here are in a file of the state folder, so that a service that runs already hears
of one more.
"""

from collections.abc import Collection
from pathlib import Path
from typing import Any

from fused_spec.errors import Misconfigured
from fused_spec.service.state.declared import folders_of_specs
from fused_spec.system import landlock

SHARED = ("/tmp", "/dev/shm", "/mnt")  # noqa: S108  # named to users, and no file of ours


class Confining:
    """Those of the jobs of a state folder; `allowed` is what its service was started to allow."""

    def __init__(self, state: Path, allowed: Collection[Path]) -> None:
        self._state = state
        self._allowed = [str(path) for path in allowed]

    def as_confinement(self) -> dict[str, Any]:
        """`confinement` of a job's request (see `fused_spec.jobs.folder`)."""
        return {"state": str(self._state), "kept": folders_of_specs(self._state), "allowed": self._allowed}


def allowed_places(paths: Collection[Path], state: Path) -> tuple[Path, ...]:
    """What `--allow-write` names, without links; raises `Misconfigured` for what no job may write to."""
    state, places = state.resolve(), []
    for path in paths:
        place = path.resolve()
        if not place.exists():
            raise Misconfigured(f"--allow-write {path}: it is not there", hint="make it, or correct the path")
        if str(place) in folders_of_specs(state):
            raise Misconfigured(
                f"--allow-write {path} is the folder of the specs, which no job writes to", hint="name a folder in it"
            )
        if place == state or state in place.parents:
            raise Misconfigured(
                f"--allow-write {path} lies in the state folder, which no job writes to", hint="name another folder"
            )
        places.append(place)
    return tuple(places)


def how_jobs_are_held(allowed: Collection[Path]) -> str:
    """One line for whoever starts the service."""
    if landlock.version() == 0:
        return "this system has no Landlock: jobs start in folders of their own, but can write whatever you can"
    return f"jobs write to their own folders, fd://, {', '.join((*SHARED, *map(str, allowed)))}"
