"""Machines that are too small on the face of it."""

from pathlib import Path
from typing import Any

import pytest

from fused_spec.configuration.settings import HOSTED_TARGET
from fused_spec.messages.diagnostics import Diagnostic, Severity
from fused_spec.spec.documents.document import read_documents
from fused_spec.spec.documents.findings import Findings
from fused_spec.spec.files.discovery import SpecFile
from fused_spec.spec.model import LocalFile, Project
from fused_spec.spec.resolving.machine import check_size

GB = 10**9
HERE = Project(name="a", scope="a", root=Path("/a"), state=Path("/a/.fused-spec"))
HOSTED = Project(name="a", scope="a", root=Path("/a"), state=Path("/a/.fused-spec"), default_target=HOSTED_TARGET)
BIG = "fd://fused-spec/inputs/big.csv"
INGESTION = {"type": "partition_nongeospatial", "input": BIG}


def told(spec: dict[str, Any], step: dict[str, Any], *, held: int = 0, project: Project = HERE) -> list[Diagnostic]:
    """What is told of a job with one step, and one local file of this size."""
    [document], _ = read_documents(SpecFile(name="a.yaml", path=None, content=b"spec: {}\n"))
    findings = Findings(document)
    files = {BIG: LocalFile(path=Path("big.csv"), sha256="0", size=held, url=BIG)} if held else {}
    check_size(spec, [step], files, project, findings)
    return findings.told


def test_more_processes_than_processors_are_told_with_a_machine_that_has_enough() -> None:
    [problem] = told({"instance_type": "m5.large"}, {"n_processes": 16, "udf": {}})
    assert (problem.code, problem.severity) == ("few-processors", Severity.WARNING)
    assert problem.message == "16 processes share the 2 processors of m5.large, and its memory"
    assert problem.hint == "write at most 2, or leave it out; m5.4xlarge has enough"
    assert problem.pointer == "spec.config.steps.0.n_processes"


@pytest.mark.parametrize(
    ("machine", "processes"), [("m5.large", 2), ("m5.large", None), ("agent", 64), (None, 64), ("x9.huge", 64)]
)
def test_processes_that_fit_or_of_which_nobody_knows_are_right(machine: str | None, processes: int | None) -> None:
    assert told({"instance_type": machine}, {"n_processes": processes, "udf": {}}) == []


def test_where_no_machine_of_the_family_has_enough_none_is_named() -> None:
    [problem] = told({"instance_type": "m5.large"}, {"n_processes": 1000, "udf": {}})
    assert problem.hint == "write at most 2, or leave it out"


def test_a_disk_smaller_than_the_local_inputs_is_told() -> None:
    [problem] = told({"disk_size_gb": 1}, {"udf": {}}, held=GB + 1)
    assert (problem.code, problem.message) == ("small-disk", "the local inputs hold 1.0 GB, and the disk 1")
    assert (problem.hint, problem.pointer) == ("write 2 or more", "spec.disk_size_gb")


@pytest.mark.parametrize("disk", [1, None])
def test_a_disk_that_holds_the_local_inputs_is_right(disk: int | None) -> None:
    assert told({"disk_size_gb": disk}, {"udf": {}}, held=GB) == []


def test_an_ingestion_larger_than_the_memory_is_told_where_the_service_is_not_the_embedded_one() -> None:
    [problem] = told({"instance_type": "m5.large"}, INGESTION, held=10 * GB, project=HOSTED)
    assert (problem.code, problem.message) == (
        "small-memory",
        "the input holds 10.0 GB, and m5.large has 8 GiB of memory",
    )
    assert problem.hint == "ingest it in parts, or take a larger machine; m5.xlarge has enough"


def test_the_embedded_service_ingests_more_than_the_memory_holds() -> None:
    assert told({"instance_type": "m5.large"}, INGESTION, held=10 * GB) == []


def test_a_udf_may_read_a_part_of_what_it_is_given() -> None:
    step = {"udf": {}, "input": [BIG]}
    assert told({"instance_type": "m5.large"}, step, held=10 * GB, project=HOSTED) == []
