"""A run that somebody read back, changed and started again: shown for what it is."""

from pathlib import Path

import pytest

from fused_spec.api.client import FusedAPI
from tests.acceptance.command import Shell
from tests.waiting import PATIENCE

SPEC = """\
apiVersion: fused-spec/v1
kind: Job
metadata: {name: areas}
spec: {config: {steps: [{type: udf, udf: {file: area.py}}]}}
"""


@pytest.fixture
def copied(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> tuple[Shell, str, str]:
    """The shell, the run that was declared, and the copy."""
    folder = shell.folder
    (folder / "fused-spec.yaml").write_text("apiVersion: fused-spec/v1\nproject: {name: t, id: tttttttt-1}\n")
    (folder / "specs").mkdir()
    (folder / "specs/a.yaml").write_text(SPEC)
    (folder / "specs/area.py").write_text("@fused.udf\ndef udf(n=1):\n    print('original')\n    return n\n")
    assert shell.run("apply", "specs").code == 0
    monkeypatch.setenv("HOME", str(shell.home))
    api = FusedAPI.connect(path=Path(folder))
    [original] = [job.id for job in api.get_jobs()]
    config = api.get_job_config(original)
    config.steps[0].udf.code = config.steps[0].udf.code.replace("original", "changed")  # type: ignore[union-attr]
    copy = api.start_job(config)
    api.wait_for_job(copy, poll_interval_seconds=0.1, timeout=PATIENCE)
    return shell, original, copy.job_id


@pytest.mark.thorough
def test_a_copied_run_is_shown_for_what_it_is(copied: tuple[Shell, str, str]) -> None:
    shell, original, copy = copied
    shown = shell.run("show", copy, "--output", "json").document
    assert (shown["key"], shown["attempt"], shown["copy_of"]) == (None, None, "Job/areas")
    assert "somebody copied" in shown["notes"][0]
    by_name = shell.run("show", "areas", "--output", "json").document
    assert (by_name["job_id"], by_name["key"], by_name["copy_of"], by_name["notes"]) == (
        original,
        "Job/areas",
        None,
        [],
    )
    assert shell.run("logs", "areas").out.count("original") == 1
    listed = {one["job_id"]: one for one in shell.run("jobs", "--output", "json").document["jobs"]}
    assert [(listed[id]["key"], listed[id]["copy_of"]) for id in (original, copy)] == [
        ("Job/areas", None),
        (None, "Job/areas"),
    ]
    assert "(copy of areas)" in shell.run("jobs").out
    assert shell.run("plan", "specs").out.startswith("No changes. 1 unchanged")
