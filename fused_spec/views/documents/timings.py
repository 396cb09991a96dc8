"""What a command took, for programs: a document of its own, in one line.

It stands on stderr and not in the document of the command, so that a result is the same with it and without, in
whatever form it is, and a command that fails before it has a result is told as any other.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from msgspec.structs import asdict

from fused_spec.system.stopwatch import Took
from fused_spec.system.timings import Phase

FORMAT_VERSION = "1"


def timings_line(took: Took) -> str:
    """The document as `schemas/output/timings.schema.json` has it."""
    return json.dumps({"format_version": FORMAT_VERSION, "timings": _timings(took)})


def _timings(took: Took) -> dict[str, Any]:
    return {
        "seconds": _rounded(took.seconds),
        "phases": [*_phases(took.phases, beside=False), *_phases(took.beside, beside=True)],
        "requests": _plain(asdict(took.all_routes)),
        "routes": [{"route": name, **_plain(asdict(route))} for name, route in took.routes.items()],
        "caches": [{"cache": cache, **asked._asdict()} for cache, asked in took.caches.items()],
    }


def _phases(phases: Mapping[Phase, float], *, beside: bool) -> Iterator[dict[str, Any]]:
    for phase, seconds in phases.items():
        yield {"phase": phase, "seconds": _rounded(seconds), "beside": beside}


def _plain(route: dict[str, Any]) -> dict[str, Any]:
    return {**route, "seconds": _rounded(route["seconds"])}


def _rounded(seconds: float) -> float:
    return round(seconds, 6)
