"""What the index of results says is told by the process of a task, whose code may say anything."""

from pathlib import Path

import pytest

from fused_spec.jobs.folder import JobDir, Result, result_content, result_file


@pytest.mark.parametrize("name", ["../other", "/etc/other", "a/../../other"])
def test_the_name_of_a_result_leads_nowhere_else(tmp_path: Path, name: str) -> None:
    job = JobDir(tmp_path)
    assert result_file(job, Result(index=0, name=name, size=None)) == job.results / "other"


def test_the_pack_of_a_result_leads_nowhere_else(tmp_path: Path) -> None:
    job = JobDir(tmp_path)
    job.results.mkdir()
    (tmp_path / "other").write_text("another's")
    (job.results / "other").write_text("its own")
    assert result_content(job, Result(index=0, name="0.txt", pack="../other", size=7)) == b"its own"
