"""What is wrong with one job ends that job, and no other waits for it."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fused_spec.service.app import create_app
from fused_spec.service.images.build import Image, folder_of, python_of
from fused_spec.service.jobs.watching import Watch
from fused_spec.service.state.declared import IMAGES_FILE
from tests.asgi import AsgiAdapter
from tests.contract.asking import TOKEN, UDF, Service, as_json, end_of


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """One that declares an image."""
    state = tmp_path / "state"
    state.mkdir()
    (state / IMAGES_FILE).write_text(json.dumps({"old": {"python": None, "requirements": []}}))
    return state


@pytest.fixture
def service(state: Path) -> Iterator[Service]:
    with AsgiAdapter(create_app(state, TOKEN)) as adapter:
        yield Service(adapter)


def start(service: Service, code: str = UDF["code"], name: str = "good", **more: Any) -> str:
    body = {"config": {"name": name, "steps": [{"type": "udf", "udf": {**UDF, "code": code}}]}, **more}
    job_id: str = service.ask("POST", "/run", body=as_json(body)).json()["job_id"]
    return job_id


def end(service: Service, job_id: str) -> tuple[str, str]:
    """The status and the last line of the log."""
    return end_of(service, job_id)["job_status"], service.ask("GET", f"/logs/{job_id}").json()[-1]["message"]


def test_a_python_that_cannot_be_started_ends_its_job_alone(service: Service, state: Path) -> None:
    folder = folder_of(state / "images", Image(python=None, requirements=()))
    python_of(folder).parent.mkdir(parents=True)
    python_of(folder).write_text("no program")
    (folder / "built").touch()
    status, message = end(service, start(service, image_name="old"))
    assert status == "Failed"
    assert message.startswith("ERROR: the worker could not be started: ")
    assert end(service, start(service))[0] == "Done"


def test_events_that_nobody_can_read_are_left_out(service: Service, state: Path, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    job_id = start(service, f"@fused.udf\ndef udf():\n    open({str(pipe)!r}).read()\n")
    with pipe.open("w"):  # which waits for the UDF to open it
        for events in state.glob("jobs/*/events.jsonl"):
            with events.open("a") as stream:
                stream.write("[" * 100_000 + "\n")
    assert end(service, job_id)[0] == "Done"


def test_a_job_that_cannot_be_followed_ends_and_no_other_does(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    honest = Watch.new_events

    def broken(self: Watch) -> list[dict[str, Any]]:
        if self.run.job_name == "broken":
            raise ZeroDivisionError
        return honest(self)

    monkeypatch.setattr(Watch, "new_events", broken)
    assert end(service, start(service, name="broken"))[0] == "Failed"
    assert end(service, start(service))[0] == "Done"
