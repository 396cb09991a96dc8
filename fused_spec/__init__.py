"""Declare Fused batch jobs in git; plan them, apply them, keep their logs.

Everything is imported on first use, so that `import fused_spec` and every `--help` stay light.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from fused_spec.api.client import FusedAPI
    from fused_spec.api.http.transport import Transport
    from fused_spec.api.values.results import JobResult
    from fused_spec.cli.loading.specs import load
    from fused_spec.cli.outputs.notebook import Map
    from fused_spec.spec.resources.job import Job, JobConfig, RunPolicy
    from fused_spec.spec.resources.steps import (
        Expectation,
        PartitionGeospatialStep,
        PartitionNongeospatialStep,
        UdfSource,
        UdfStep,
    )
    from fused_spec.spec.resources.token import Sink, TokenUdf, UdfAccessToken
    from fused_spec.spec.resources.token import UdfAccessToken as Token
    from fused_spec.spec.resources.udf import Udf

__version__ = "0.1.0"
__all__ = [
    "Expectation",
    "FusedAPI",
    "Job",
    "JobConfig",
    "PartitionGeospatialStep",
    "PartitionNongeospatialStep",
    "RunPolicy",
    "Sink",
    "Token",
    "TokenUdf",
    "Udf",
    "UdfAccessToken",
    "UdfSource",
    "UdfStep",
    "__version__",
    "load",
]

_HOMES = {
    "api.client": ("FusedAPI",),
    "cli.loading.specs": ("load",),
    "spec.resources.job": ("Job", "JobConfig", "RunPolicy"),
    "spec.resources.steps": (
        "Expectation",
        "PartitionGeospatialStep",
        "PartitionNongeospatialStep",
        "UdfSource",
        "UdfStep",
    ),
    "spec.resources.token": ("Sink", "TokenUdf", "UdfAccessToken"),
    "spec.resources.udf": ("Udf",),
}
_SHORT = {"Token": "UdfAccessToken"}


def __getattr__(name: str) -> Any:
    meant = _SHORT.get(name, name)
    for home, names in _HOMES.items():
        if meant in names:
            return getattr(import_module(f"fused_spec.{home}"), meant)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted((*globals(), *__all__))


def open_target(target: str | None, path: "Path") -> "Transport":
    """What `FusedAPI.connect` calls through; finding a target, and starting its service, is the command's work."""
    from fused_spec.cli.connecting import open_target

    return open_target(target, path)


def draw_results(results: "Sequence[JobResult]", title: str) -> "Map":
    """What `Results.map` calls through; reading what they hold, and drawing it, is the command's work."""
    from fused_spec.cli.outputs.notebook import map_of_results

    return map_of_results(results, title)
