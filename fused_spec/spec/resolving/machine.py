"""The machine of a job: whether it is too small on the face of it.

Only what is sure is told: what the machine is called, and how large files are that lie here.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from fused_spec.configuration.instances import INSTANCES, Size
from fused_spec.messages.diagnostics import Severity
from fused_spec.spec.documents.findings import Findings
from fused_spec.spec.documents.positions import Pointer
from fused_spec.spec.model import LocalFile, Project

_FAMILY = re.compile(r"[.-][^.-]*$")  # m5 of m5.large, c2-standard of c2-standard-8
_GB = 10**9
_GIB = 2**30
_SPEC: Pointer = ("spec",)
_STEPS: Pointer = ("spec", "config", "steps")


def check_size(
    spec: Mapping[str, Any],
    steps: Sequence[Mapping[str, Any]],
    files: Mapping[str, LocalFile],
    project: Project,
    findings: Findings,
) -> None:
    """Warn of a machine that is smaller than what it is given; `steps` have addresses, and `files` what lies there."""
    disk = spec.get("disk_size_gb")
    held = sum(file.size for file in files.values())
    if disk is not None and held > disk * _GB:
        message = f"the local inputs hold {_in_gb(held)} GB, and the disk {disk}"
        _warn("small-disk", message, (*_SPEC, "disk_size_gb"), f"write {held // _GB + 1} or more", findings)
    name = spec.get("instance_type")
    size = INSTANCES.get(name) if name is not None else None
    if name is None or size is None:
        return
    for index, step in enumerate(steps):
        processes = step.get("n_processes")
        if processes is not None and processes > size.cpus:
            message = f"{processes} processes share the {size.cpus} processors of {name}, and its memory"
            hint = f"write at most {size.cpus}, or leave it out{_larger(name, cpus=processes)}"
            _warn("few-processors", message, (*_STEPS, index, "n_processes"), hint, findings)
    if project.hosted is not None and files:  # the embedded service holds a part of a table at a time
        _check_memory(name, size, steps, files, findings)


def _check_memory(
    name: str, size: Size, steps: Sequence[Mapping[str, Any]], files: Mapping[str, LocalFile], findings: Findings
) -> None:
    for index, step in enumerate(steps):
        if "udf" in step:
            continue
        read = step["input"] if isinstance(step["input"], list) else [step["input"]]
        held = sum(files[address].size for address in dict.fromkeys(read) if address in files)
        if held > size.gib * _GIB:
            message = f"the input holds {_in_gb(held)} GB, and {name} has {size.gib} GiB of memory"
            hint = f"ingest it in parts, or take a larger machine{_larger(name, held=held)}"
            _warn("small-memory", message, (*_STEPS, index, "input"), hint, findings)


def _larger(name: str, *, cpus: int = 0, held: int = 0) -> str:
    """The smallest of its family that has so much, in words; nothing where none does."""
    family = _FAMILY.sub("", name)
    sizes = [(one, size) for one, size in INSTANCES.items() if size is not None and _FAMILY.sub("", one) == family]
    fitting = [one for one, size in sizes if size.cpus >= cpus and size.gib * _GIB >= held]
    return f"; {fitting[0]} has enough" if fitting else ""


def _in_gb(size: int) -> str:
    return f"{size / _GB:,.1f}"


def _warn(code: str, message: str, pointer: Pointer, hint: str, findings: Findings) -> None:
    findings.tell(code, message, pointer, hint, severity=Severity.WARNING)
