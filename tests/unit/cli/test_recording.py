"""What a script or a notebook would start is heard, and nothing is sent."""

import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from fused_spec.cli.adopting.recording.launch import Heard, notebook_code, record
from fused_spec.errors import FusedSpecError, Misconfigured

TILE = "import fused\n\n@fused.udf\ndef tile(month: str, region: str = 'eu'):\n    return None\n\n"


@pytest.fixture
def heard(tmp_path: Path) -> Any:
    def hear(code: str, *words: str) -> Heard:
        (tmp_path / "script.py").write_text(code, encoding="utf-8")
        command = words or (sys.executable, "script.py")
        return record(command, cwd=tmp_path, env={**os.environ, "FUSED_AUTH_TOKEN": "x"}, python=sys.executable)

    return hear


def test_a_remote_run_is_heard_with_its_code_and_its_machine(heard: Any) -> None:
    [start] = heard(TILE + "tile(month='2024-01').run_remote(instance_type='m5.large', disk_size_gb=30)\n").starts
    [step] = start["start"]["steps"]
    assert step["udf"]["code"] == TILE.partition("\n\n")[2].rstrip("\n") + "\n"
    assert (step["udf"]["entrypoint"], step["udf"]["parameters"]) == ("tile", {"month": "2024-01"})
    assert start["settings"] == {"instance_type": "m5.large", "disk_size_gb": 30}
    assert start["env"] == {"FUSED_CREDENTIAL_PROVIDER": "ec2"}


def test_the_first_argument_of_the_later_clients_is_the_machine(heard: Any) -> None:
    [start] = heard(TILE + "tile(arg_list=['a', 'b']).run_batch('r5.large', name='tiles')\n").starts
    assert start["settings"] == {"instance_type": "r5.large"}
    assert (start["start"]["name"], start["start"]["steps"][0]["input"]) == ("tiles", ["a", "b"])


def test_an_ingestion_says_the_defaults_of_its_function(heard: Any) -> None:
    [start] = heard("import fused\nfused.ingest('s3://a/b.parquet').run_remote('fd://out/')\n").starts
    [step] = start["start"]["steps"]
    assert (step["output"], step["partitioning_force_utm"]) == ("fd://out/", "chunk")
    assert step["partitioning_maximum_per_file"] is None


def test_a_script_goes_on_as_if_its_runs_were_over(heard: Any) -> None:
    code = TILE + (
        "api = fused.api.FusedAPI()\nrun = api.start_job(tile(month='a'), additional_env=['A=1'])\n"
        "assert api.wait_for_job(run).job_status == 'Done'\nassert api.get_logs(run) == []\n"
        "tile(month='b').run_remote().wait_for_job()\n"
    )
    assert [one["env"] for one in heard(code).starts] == [{"A": "1"}, {"FUSED_CREDENTIAL_PROVIDER": "ec2"}]


def test_our_own_client_is_answered_as_well(heard: Any) -> None:
    code = (
        "from fused_spec import FusedAPI\napi = FusedAPI()\n"
        "udf = {'entrypoint': 'udf', 'code': '@fused.udf\\ndef udf(): pass\\n'}\n"
        "run = api.start_job({'type': 'udf', 'udf': udf}, region='us-west-2')\n"
        "assert api.wait_for_job(run).job_status == 'Done'\nassert FusedAPI.connect().get_jobs().jobs == []\n"
    )
    [start] = heard(code).starts
    assert start["settings"] == {"region": "us-west-2"}


def test_headers_of_the_decorator_travel_and_are_cut_out_of_the_code(heard: Any, tmp_path: Path) -> None:
    (tmp_path / "geo.py").write_text("X = 1\n")
    code = (
        "import fused\n\n@fused.udf(name='é', headers=['geo.py'])\ndef udf():\n    import geo\n\nudf().run_remote()\n"
    )
    [start] = heard(code).starts
    udf = start["start"]["steps"][0]["udf"]
    assert udf["code"] == "@fused.udf(name='é')\ndef udf():\n    import geo\n"
    assert udf["headers"] == [{"module_name": "geo", "source_code": "X = 1\n"}]


@pytest.mark.parametrize(
    "asks",
    ["fused.run('x')", "fused.get_chunks_metadata('fd://x')", "fused.ingest([{}]).run_remote()", "fused.load('x')"],
)
def test_what_nobody_can_answer_ends_the_recording(heard: Any, asks: str) -> None:
    with pytest.raises(FusedSpecError, match="ended with 1"):
        heard(f"import fused\n{asks}\n")


def test_no_credentials_reach_the_script(heard: Any) -> None:
    heard("import os\nassert not [name for name in os.environ if name.startswith('FUSED_AUTH')]\n")


def test_a_script_alone_is_run_by_python(heard: Any) -> None:
    assert len(heard(TILE + "tile(month='a').run_remote()\n", "script.py").starts) == 1


@pytest.mark.parametrize("option", ["-I", "-E", "-IB"])
def test_a_python_that_reads_no_recorder_is_refused(heard: Any, option: str) -> None:
    with pytest.raises(Misconfigured, match="does not read the recorder"):
        heard("", sys.executable, option, "script.py")


def test_a_command_that_is_no_python_is_told(heard: Any) -> None:
    with pytest.raises(FusedSpecError, match="was not read"):
        heard("", "true")


def test_a_command_that_is_not_there_is_told(heard: Any) -> None:
    with pytest.raises(Misconfigured, match="cannot be run"):
        heard("", "no-such-command-anywhere")


def test_an_upload_is_told_and_not_sent(heard: Any) -> None:
    found = heard("import fused\nfused.api.FusedAPI().upload('fd://x', b'y')\n")
    assert found.warnings == ("the upload to fd://x was not sent; jobs read what is there",)


def notebook(*cells: str) -> str:
    return json.dumps({"cells": [{"cell_type": "code", "source": [cell]} for cell in cells], "nbformat": 4})


def test_the_cells_of_a_notebook_are_run_one_after_another(heard: Any, tmp_path: Path) -> None:
    cells = (
        "%pip install fused\n" + TILE,
        "for m in ('a', 'b'):\n    !ls\n    tile(month=m).run_remote()",
        "%%bash\nexit 1",
    )
    (tmp_path / "jobs.ipynb").write_text(notebook(*cells), encoding="utf-8")
    starts = heard("", "jobs.ipynb").starts
    assert [one["start"]["steps"][0]["udf"]["parameters"]["month"] for one in starts] == ["a", "b"]


def test_a_file_that_is_no_notebook_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.ipynb").write_text("[]")
    with pytest.raises(FusedSpecError, match="no notebook"):
        notebook_code(tmp_path / "a.ipynb")
