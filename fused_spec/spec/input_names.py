"""Inputs that no reader takes, as far as their names tell: told before a job starts that would only fail."""

from collections.abc import Mapping
from typing import Any

from fused_spec.diagnostics import Severity
from fused_spec.input_formats import unread
from fused_spec.spec.discovery import printable
from fused_spec.spec.findings import Findings
from fused_spec.spec.positions import Pointer
from fused_spec.spec.step_inputs import step_inputs

_HERE = "which GDAL reads only where it is built for it, and the embedded service's is not"


def check_input_names(step: Mapping[str, Any], at: Pointer, findings: Findings) -> None:
    """Tell of each input that is not read; one that `file_suffix` leaves out is not looked at."""
    suffix = step.get("file_suffix")
    for one in step_inputs(step, at):
        if isinstance(suffix, str) and not one.name.endswith(suffix):
            continue
        if (known := unread(one.name)) is not None:
            message = f"{printable(one.name)} is {known.what}, {known.why if known.anywhere else _HERE}"
            severity = Severity.ERROR if known.anywhere else Severity.WARNING
            findings.tell("unread-input", message, one.pointer, known.instead, severity=severity)
