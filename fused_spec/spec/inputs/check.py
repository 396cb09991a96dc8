"""What is told of an ingestion's inputs before it runs: by their names, and of those on this machine by a look."""

from collections.abc import Mapping
from typing import Any

from fused_spec.jobs.input_formats import unread
from fused_spec.messages.diagnostics import Severity
from fused_spec.spec.documents.findings import Findings
from fused_spec.spec.documents.positions import Pointer
from fused_spec.spec.files.discovery import printable
from fused_spec.spec.files.named_files import Folder
from fused_spec.spec.inputs.local_columns import check_local_columns
from fused_spec.spec.inputs.local_parts import check_local_parts
from fused_spec.spec.inputs.read_options import reading_in
from fused_spec.spec.inputs.step_inputs import StepInput, step_inputs

_MAY_BE_TEXT = (".asc",)
"""Names of rasters that are delimited text where a step says by what."""


def check_inputs(step: Mapping[str, Any], at: Pointer, folder: Folder, findings: Findings) -> None:
    """Tell of inputs that are not read, or not as they are meant; what `file_suffix` leaves out is not looked at."""
    suffix = step.get("file_suffix")
    inputs = [one for one in step_inputs(step, at) if not isinstance(suffix, str) or one.name.endswith(suffix)]
    is_said = "delimiter" in reading_in(step.get("metadata"))
    for one in inputs:
        if not (is_said and one.suffix in _MAY_BE_TEXT):
            _check_name(one, findings)
    sound = [one for one in inputs if findings.is_sound(one.pointer)]
    check_local_parts(step, sound, folder, findings)
    check_local_columns(step, at, sound, folder, findings)


def _check_name(one: StepInput, findings: Findings) -> None:
    if (known := unread(one.name)) is not None:
        message = f"{printable(one.name)} is {known.what}, {known.why}"
        severity = Severity.ERROR if known.anywhere else Severity.WARNING
        findings.tell("unread-input", message, one.pointer, known.instead, severity=severity)
