"""The local Dask cluster that a state folder names: one without a key is replaced, and nothing else is touched."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from fused_spec.configuration.engine_choice import parse_engine
from fused_spec.errors import Misconfigured
from fused_spec.service.workers.cluster import _end_open, _is_up, require_dask
from tests.waiting import PATIENCE

Process = subprocess.Popen[bytes]


@pytest.fixture
def named(tmp_path: Path) -> Iterator[tuple[Path, Process]]:
    """The file of a cluster, and a process that has the arguments of one and reads its input meanwhile."""
    file, package = tmp_path / "dask.json", tmp_path / "fused_spec/engine/cluster"
    package.mkdir(parents=True)
    for folder in (package, package.parent, package.parent.parent):
        (folder / "__init__.py").touch()
    (package / "local.py").write_text("import sys; print(flush=True); sys.stdin.read()")
    command = [sys.executable, "-m", "fused_spec.engine.cluster.local", str(file), "2"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=tmp_path, env={}, stdin=pipe, stdout=pipe) as process:
        assert process.stdout is not None
        process.stdout.readline()
        yield file, process
        process.kill()


def test_a_cluster_without_a_key_is_ended(named: tuple[Path, Process]) -> None:
    file, process = named
    file.write_text(json.dumps({"address": "tcp://127.0.0.1:1", "pid": process.pid, "workers": 2}))
    assert not _is_up(file, 2)
    _end_open(file)
    assert process.wait(PATIENCE) == -15


def test_a_cluster_with_a_key_is_kept(named: tuple[Path, Process]) -> None:
    file, process = named
    file.write_text(json.dumps({"address": "tls://127.0.0.1:1", "pem": "x", "pid": process.pid, "workers": 2}))
    assert _is_up(file, 2)
    _end_open(file)
    assert process.poll() is None


def test_a_process_that_has_the_number_of_a_lost_cluster_is_kept(named: tuple[Path, Process]) -> None:
    file, process = named
    other = file.with_name("other.json")
    other.write_text(json.dumps({"address": "tcp://127.0.0.1:1", "pid": process.pid, "workers": 2}))
    _end_open(other)
    assert process.poll() is None


def test_a_local_cluster_without_what_makes_its_key_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cryptography", None)
    with pytest.raises(Misconfigured, match="needs distributed and cryptography"):
        require_dask(parse_engine("dask=local:2"))
