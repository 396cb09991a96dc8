"""Specs loaded, planned and applied from Python, at a real service."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import fused_spec
from fused_spec import Job, JobConfig, UdfSource, UdfStep
from fused_spec.errors import Misconfigured, SpecError, StalePlan
from fused_spec.reconcile.applying.events import Event, Finished, Started
from tests.acceptance.command import Shell
from tests.acceptance.test_trust import UDF, quick


@pytest.fixture
def folder(neighbour: Shell, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in [name for name in os.environ if name.startswith("FUSED")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(neighbour.home))
    neighbour.write("specs/quick.py", UDF)
    neighbour.write("specs/a.yaml", quick("areas"))
    return neighbour.folder


def test_specs_are_planned_and_applied_as_the_command_does(folder: Path, neighbour: Shell) -> None:
    specs = fused_spec.load("specs", folder=folder)
    assert ([str(one.key) for one in specs.desired], specs.diagnostics) == (["Job/areas"], ())
    planned = specs.plan()
    assert ([str(one.action) for one in planned.changes], planned.has_changes) == (["start"], True)
    heard: list[Event] = []
    outcomes = planned.apply(on_event=heard.append)
    assert ([str(one.status) for one in outcomes], outcomes.exit_code) == (["succeeded"], 0)
    assert [type(one) for one in heard if isinstance(one, Started | Finished)] == [Started, Finished]
    assert not specs.plan().has_changes
    assert neighbour.run("plan", "specs", "--detailed-exitcode").code == 0
    with pytest.raises(StalePlan, match="Job/areas"):
        planned.apply()


def test_values_stand_for_documents(folder: Path) -> None:
    job = Job("areas", config=JobConfig(steps=[UdfStep(udf=UdfSource(file="specs/quick.py"))]))
    [from_value] = fused_spec.load(job, folder=folder).desired
    [from_file] = fused_spec.load("specs", folder=folder).desired
    assert from_value.digest == from_file.digest


def test_what_is_wrong_is_a_value_until_a_plan_is_asked_for(folder: Path) -> None:
    (folder / "specs/b.yaml").write_text(quick("areas").replace("kind: Job", "kind: Jb"))
    specs = fused_spec.load(folder=folder)
    assert not specs.valid
    assert any(one.location.path == "specs/b.yaml" for one in specs.diagnostics)
    with pytest.raises(SpecError):
        specs.plan()


def test_variables_are_given_as_the_values_that_they_are(folder: Path) -> None:
    project = folder / "fused-spec.yaml"
    project.write_text(project.read_text() + "variables: {disk: {type: number}, name: {type: string}}\n")
    (folder / "specs/a.yaml").write_text(quick("areas", "  disk_size_gb: ${var.disk}\n  env: {NAME: '${var.name}'}\n"))
    [job] = fused_spec.load("specs", folder=folder, variables={"disk": 20, "name": "20"}).desired
    assert (job.payload["disk_size_gb"], job.payload["additional_env"]["NAME"]) == (20, "20")


def test_a_folder_or_a_target_that_there_is_not_is_told(folder: Path) -> None:
    with pytest.raises(Misconfigured, match="there is no folder"):
        fused_spec.load(folder=folder / "nowhere")
    with pytest.raises(Misconfigured, match="prd"):
        fused_spec.load("specs", folder=folder, target="prd")


def test_a_notebook_shows_tables_in_which_nothing_runs(folder: Path) -> None:
    (folder / "specs/a.yaml").write_text(quick("areas", metadata=", description: '<script>x</script>'"))
    specs = fused_spec.load("specs", folder=folder)
    shown = specs._repr_html_() + specs.plan()._repr_html_()
    assert "<table>" in shown
    assert "<script>" not in shown


def test_nothing_of_the_environment_is_in_what_is_printed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_CANARY", "correct-horse-battery")
    specs = fused_spec.load("specs", folder=folder)
    planned = specs.plan()
    assert all("correct-horse" not in text for text in (repr(specs), repr(planned), str(planned), repr([specs])))


def test_what_a_policy_warns_of_or_denies_in_a_plan_is_there(folder: Path) -> None:
    project = folder / "fused-spec.yaml"
    before = project.read_text()
    project.write_text(before + "policies: [{name: few, on: plan, warn: plan.starts > 0}]\n")
    assert [one.code for one in fused_spec.load("specs", folder=folder).plan().diagnostics] == ["policy-warned"]
    project.write_text(before + "policies: [{name: few, on: plan, deny: plan.starts > 0}]\n")
    with pytest.raises(SpecError) as error:
        fused_spec.load("specs", folder=folder).plan()
    assert [one.code for one in error.value.diagnostics] == ["policy-denied"]


def test_an_import_of_the_package_is_light() -> None:
    program = "import sys, json, fused_spec; print(json.dumps([n for n in sys.modules if n.startswith('fused_spec')]))"
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True, text=True)
    assert json.loads(found.stdout) == ["fused_spec"]


def test_every_name_of_the_package_is_there() -> None:
    assert {name for name in fused_spec.__all__ if not hasattr(fused_spec, name)} == set()
    assert set(fused_spec.__all__) <= set(dir(fused_spec))
