"""What jobs may use of the machine, asked of a real service: limits, images, order."""

import http.client
import json
import os
import shutil
import sysconfig
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psutil
import pytest

from fused_spec.service.state.declared import declare_images
from tests.acceptance.command import Shell
from tests.waiting import PATIENCE, until

IMAGES = Path(__file__).parents[2] / ".test-environments" / "images"
OTHER_PANDAS = "2.2.3"
WAITS = "import os, time\ndef udf():\n    while not os.path.exists({flag!r}): time.sleep(0.05)\n    return 1\n"


class Service:
    """A service on a folder of its own."""

    def __init__(self, folder: Path, **env: str) -> None:
        self.state = folder / "state"
        # With all of the environment: where packages come from, and by which certificates, is said there.
        around = {**os.environ, "HOME": str(folder), **env}
        self._process = Shell(folder=folder, home=folder).serve(str(self.state), **around)
        assert "Listening on" in self._process.stderr.readline()
        self._known = json.loads((self.state / "service.json").read_text(encoding="utf-8"))

    def close(self) -> None:
        self._process.terminate()
        self._process.communicate()

    def kill(self) -> None:
        """End it at once, and leave what it started."""
        self._process.kill()
        self._process.communicate()

    def call(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        place = urlsplit(self._known["url"])
        headers = {"Authorization": f"Bearer {self._known['token']}", "Content-Type": "application/json"}
        with closing(http.client.HTTPConnection(str(place.hostname), place.port, timeout=PATIENCE)) as line:
            line.request(method, place.path + path, json.dumps(body), headers)
            with line.getresponse() as answer:
                return answer.status, json.loads(answer.read())

    def post(
        self,
        code: str,
        *,
        query: str = "",
        project: str = "roads",
        parameters: Mapping[str, Any] | None = None,
        **body: Any,
    ) -> str:
        marker = {"fused-spec": {"scope": project, "nonce": os.urandom(8).hex()}}
        udf = {"entrypoint": "udf", "code": code, "parameters": dict(parameters or {})}
        config = {"metadata": marker, "steps": [{"type": "udf", "udf": udf}]}
        status, answer = self.call("POST", f"/run{query}", {"config": config, **body})
        assert status == http.client.OK, answer
        return str(answer["job_id"])

    def status(self, job_id: str) -> dict[str, Any]:
        answer: dict[str, Any] = self.call("GET", f"/run/by-id/{job_id}")[1]
        return answer

    def log(self, job_id: str) -> list[str]:
        return [line["message"] for line in self.call("GET", f"/logs/{job_id}")[1]]

    def ended(self, job_id: str) -> tuple[str, list[str]]:
        """The job's status and log, once it is over."""
        until(lambda: bool(self.status(job_id)["terminal_status"]), f"the job ends: {self.log(job_id)}")
        return self.status(job_id)["job_status"], self.log(job_id)


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    folder = tmp_path_factory.mktemp("resources")
    service = Service(folder)
    yield service
    service.close()


@pytest.mark.thorough
def test_a_job_over_its_memory_fails_and_the_service_and_other_jobs_go_on(service: Service, tmp_path: Path) -> None:
    if psutil.virtual_memory().available < 4 * 2**30:
        pytest.skip("to use more than t3.small has, this machine needs 4 GiB free")
    flag = tmp_path / "flag"
    other = service.post(WAITS.format(flag=str(flag)))
    eats = service.post(
        "def udf():\n    kept = []\n    while True: kept.append(b'x' * 2**26)\n", query="?instance_type=small"
    )
    status, log = service.ended(eats)
    assert status == "Failed"
    assert "over its limit of 2.0 GiB (small); give it a larger instance_type" in log[-1]
    flag.touch()
    assert service.ended(other)[0] == "Done"


def test_a_job_that_never_ends_is_cancelled_with_all_that_left_it(service: Service) -> None:
    code = """\
import subprocess, time
def udf():
    child = subprocess.Popen(["sleep", "600"], start_new_session=True)
    print(f"child {child.pid}", flush=True)
    while True: time.sleep(1)
"""
    job = service.post(code)
    until(lambda: any(line.startswith("child ") for line in service.log(job)), "the child is there")
    [child] = [int(line.split()[1]) for line in service.log(job) if line.startswith("child ")]
    service.call("POST", f"/run/by-id/{job}/cancel")
    assert service.ended(job)[0] == "Canceled"
    assert not psutil.pid_exists(child)


def test_what_is_printed_may_be_anything(service: Service) -> None:
    job = service.post("import os\ndef udf():\n    os.write(1, bytes(range(256)))\n    os._exit(9)\n")
    status, log = service.ended(job)
    assert status == "Failed"
    assert log[-1].endswith("the process ended by itself with exit code 9")


@pytest.mark.thorough
def test_a_job_that_waits_says_what_for_and_one_of_another_project_overtakes(service: Service, tmp_path: Path) -> None:
    flag = tmp_path / "flag"
    count = len(os.sched_getaffinity(0))
    burst = [service.post(WAITS.format(flag=str(flag))) for _ in range(count + 3)]
    until(lambda: service.status(burst[count - 1])["status"] == "running", "the machine is full")
    single = service.post("def udf():\n    return 1\n", project="parks")
    until(lambda: bool(service.log(single)), "the log says why")
    assert service.log(single)[0].startswith(f"waiting for room: {count} running")
    assert service.status(burst[-1])["job_status"] == "Pending"
    service.call("POST", f"/run/by-id/{burst[0]}/cancel")
    assert service.ended(single)[0] == "Done"
    assert service.status(burst[-1])["job_status"] == "Pending"
    flag.touch()
    assert service.ended(burst[-1])[0] == "Done"


def test_an_unknown_image_is_refused_before_anything_is_recorded(service: Service) -> None:
    body = {"config": {"steps": [{"type": "udf", "udf": {"entrypoint": "udf", "code": "x"}}]}, "image_name": "nowhere"}
    status, answer = service.call("POST", "/run", body)
    assert status == 422
    assert "there is no image nowhere" in answer["detail"][0]["msg"]


@pytest.mark.thorough
def test_a_job_runs_with_the_pandas_of_its_image_and_not_with_that_of_the_service(tmp_path: Path) -> None:
    IMAGES.mkdir(parents=True, exist_ok=True)
    service = Service(tmp_path)
    try:
        (service.state / "images").symlink_to(IMAGES)  # built once, for all runs of this test
        declare_images(service.state, {"batch": {"requirements": [f"pandas=={OTHER_PANDAS}"]}})
        code = (
            "import geopandas, pandas\ndef udf():\n    print(pandas.__version__)\n    return geopandas.GeoDataFrame()\n"
        )
        own, other = (
            service.post("import pandas\ndef udf():\n    print(pandas.__version__)\n"),
            service.post(code, image_name="batch"),
        )
        assert OTHER_PANDAS not in service.ended(own)[1]
        status, log = service.ended(other)
        assert status == "Done", log
        assert OTHER_PANDAS in log
    finally:
        service.close()


def wheel(folder: Path, name: str, files: dict[str, str]) -> Path:
    """A package that pip installs from this file alone."""
    info = f"{name}-1.0.dist-info"
    content = {
        **files,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: a test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = "".join(f"{path},,\n" for path in [*content, f"{info}/RECORD"])
    path = folder / f"{name}-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for place, text in {**content, f"{info}/RECORD": record}.items():
            archive.writestr(place, text)
    return path


@pytest.mark.thorough
def test_without_uv_an_image_is_built_by_venv_and_pip_and_a_job_runs_in_it(tmp_path: Path) -> None:
    """What the engine needs is not fetched: pip finds it by PYTHONPATH, and the image by what the wheel brings."""
    here = sysconfig.get_path("purelib")
    greets = wheel(tmp_path, "greets", {"greets.py": "WORD = 'hello from the image'\n", "others.pth": f"{here}\n"})
    without_uv = tmp_path / "bin"
    without_uv.mkdir()
    service = Service(tmp_path, PATH=str(without_uv), PYTHONPATH=here)
    try:
        declare_images(service.state, {"greeting": {"requirements": [f"greets @ {greets.as_uri()}"]}})
        code = "import greets, sys\ndef udf():\n    print(greets.WORD, sys.prefix)\n    return 1\n"
        status, log = service.ended(service.post(code, image_name="greeting"))
        assert status == "Done", log
        [image] = (service.state / "images").iterdir()
        assert f"hello from the image {image / 'env'}" in log
        commands = [line for line in (image / "build.log").read_text().splitlines() if line.startswith("$ ")]
        assert ["-m venv" in commands[0], "-m pip install greets @ file:" in commands[1]] == [True, True]
    finally:
        service.close()


def test_a_build_that_fails_is_a_failed_job_with_the_reason(service: Service) -> None:
    declare_images(service.state, {"old": {"python": "3.99"}})
    job = service.post("def udf():\n    return 1\n", image_name="old")
    status, log = service.ended(job)
    assert status == "Failed"
    assert log[-1].startswith("ERROR: the image old cannot be built; its log is ")
    assert any("3.99" in line for line in log[1:-1]), log  # what the builder said stands before it
    shutil.rmtree(service.state / "images")
