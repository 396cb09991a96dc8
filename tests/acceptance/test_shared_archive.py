"""The installed command with its archive in a bucket that goes away and comes back: real processes, a server of S3."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.command import COMMAND, Ended, Shell
from tests.buckets import make_bucket, serve_s3
from tests.waiting import PATIENCE

pytestmark = [
    pytest.mark.xdist_group("buckets"),
    pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning"),
]

PROJECT = "apiVersion: fused-spec/v1\nproject: {name: t, id: tttttttt-1}\narchive: s3://kept/team\n"
JOB = """\
apiVersion: fused-spec/v1
kind: Job
metadata: {name: areas}
spec: {config: {steps: [{type: udf, udf: {file: a.py, parameters: {go: GO}}}]}}
"""
UDF = """\
import fused


@fused.udf
def udf(go):
    import os
    import time

    while not os.path.exists(go):
        time.sleep(0.05)
    return 1
"""
# The library's own patience is long; the service needs none of it.
AWS = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "hunter2-SECRET",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_MAX_ATTEMPTS": "1",
}


class Bucket:
    """A bucket whose server can be away; what is in it stays."""

    def __init__(self) -> None:
        self.comes_back()

    @property
    def env(self) -> dict[str, str]:
        return {**AWS, "AWS_ENDPOINT_URL": self._server.url}

    def goes_away(self) -> None:
        self._server.stop()

    def comes_back(self) -> None:
        self._server = serve_s3()


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[Bucket]:
    bucket = Bucket()
    for name, value in bucket.env.items():
        monkeypatch.setenv(name, value)
    make_bucket("kept")
    yield bucket
    bucket.goes_away()


@pytest.fixture
def project(shell: Shell) -> tuple[Shell, Path]:
    """A project with one job, which goes on until a file is there."""
    go = shell.folder / "go"
    shell.write("fused-spec.yaml", PROJECT)
    shell.write("specs/a.yaml", JOB.replace("GO", str(go)))
    shell.write("specs/a.py", UDF)
    return shell, go


@pytest.mark.thorough
def test_a_bucket_that_goes_away_while_a_run_goes_on_loses_nothing(bucket: Bucket, project: tuple[Shell, Path]) -> None:
    shell, go = project
    command = subprocess.Popen(
        [COMMAND, "apply", "specs", "--output", "json"],
        cwd=shell.folder,
        env=shell.env(**bucket.env, PYTHONUNBUFFERED="1"),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )
    try:
        assert command.stderr is not None
        said = iter(command.stderr.readline, "")
        started = next(line for line in said if "started as" in line)
        bucket.goes_away()
        go.touch()
        out, err = command.communicate(timeout=PATIENCE)
    finally:
        command.kill()
    ended = Ended(code=command.returncode, out=out, err=err)
    [outcome] = ended.document["outcomes"]
    assert (ended.code, outcome["status"], outcome["archive"]) == (8, "succeeded", None)
    assert outcome["error"].startswith("not archived: the archive s3://kept/team cannot be")
    assert outcome["job_id"] in started
    assert "Traceback" not in ended.err
    assert "hunter2" not in ended.out + ended.err

    planned = shell.run("plan", "specs", "--output", "json", **bucket.env)
    assert (planned.code, "s3://kept/team" in planned.document["error"]["message"]) == (8, True)

    bucket.comes_back()
    # The lock could not be given back; it ends by itself.
    again = shell.run("apply", "specs", "--lock-timeout", "5m", "--output", "json", **bucket.env)
    [settled] = again.document["outcomes"]
    assert (again.code, settled["status"], settled["job_id"]) == (0, "unchanged", outcome["job_id"])
    assert settled["archive"].startswith("s3://kept/team/tttttttt-1/")
    assert len(shell.run("jobs", **bucket.env).out.splitlines()) == 2
