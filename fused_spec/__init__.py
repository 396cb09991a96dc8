"""Declare Fused batch jobs in git; plan them, apply them, keep their logs.

`FusedAPI` is imported on first use, so that `import fused_spec` and every `--help` stay light.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    from fused_spec.api.client import FusedAPI
    from fused_spec.api.http.transport import Transport

__version__ = "0.1.0"
__all__ = ["FusedAPI", "__version__"]


def __getattr__(name: str) -> Any:
    if name == "FusedAPI":
        from fused_spec.api.client import FusedAPI

        return FusedAPI
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def open_target(target: str | None, path: "Path") -> "Transport":
    """What `FusedAPI.connect` calls through; finding a target, and starting its service, is the command's work."""
    from fused_spec.cli.connecting import open_target

    return open_target(target, path)
