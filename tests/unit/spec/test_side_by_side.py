"""Many files, looked at in several processes: the same answer as in one, whatever becomes of the processes."""

import os
import pickle
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from threading import Event, Thread
from typing import IO

import psutil
import pytest

from fused_spec.spec.model import Resolution
from fused_spec.spec.resolve import resolve, survey
from fused_spec.spec.resolving import look, processes, share
from fused_spec.spec.resolving.processes import may_fork
from fused_spec.system.stopwatch import Stopwatch
from fused_spec.system.timings import Cache, Lookups

JOB = """\
apiVersion: fused-spec/v1
kind: Job
metadata: {{name: job-{number}}}
spec:
  {more}
  config:
    steps:
      - type: udf
        udf: {{code: "@fused.udf\\ndef udf(n=1, table=''): return n", parameters: {{n: {number}}}}}
"""
WRITER = """\
apiVersion: fused-spec/v1
kind: Job
metadata: {name: counties}
spec:
  config:
    steps: [{type: partition_geospatial, input: fd://raw/a.parquet, output: fd://counties/}]
"""
READER = """\
apiVersion: fused-spec/v1
kind: Job
metadata: {{name: reader-{number}}}
spec:
  config:
    steps:
      - {{type: udf, udf: {{code: "{code}", parameters: {{table: {table}}}}}}}
"""
UDF = "@fused.udf\\ndef udf(n=1, table=''): return n"
SAVED = """\
apiVersion: fused-spec/v1
kind: Udf
metadata: {name: saved}
spec: {udf: {code: "@fused.udf\\ndef udf(n=1): return n"}}
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Specs that name each other and have every kind of problem, in files that are worth two processes."""
    monkeypatch.setattr(look, "_WORTH_A_PROCESS", 100)
    (tmp_path / ".git").mkdir()
    specs = tmp_path / "specs"
    specs.mkdir()
    for number in range(12):
        (specs / f"job-{number:02}.yaml").write_text(JOB.format(number=number, more="region: us-west-2"))
    loads = UDF.replace("return n", "fused.load('saved'); fused.load('unsaved')")
    for number, table in enumerate(["{output_of: counties}", "fd://counties/a.parquet", "{output_of: nobody}"]):
        text = READER.format(number=number, table=table, code=loads) + "---\n" + JOB.format(number=20 + number, more="")
        (specs / f"{'az'[number % 2]}-{number}.yaml").write_text(text)
    (specs / "m.yaml").write_text(WRITER + "---\n" + JOB.format(number=5, more="needs: [job-3, job-99]"))
    (specs / "n.yaml").write_text(SAVED + "---\n" + JOB.format(number=30, more="regoin: us-west-2"))
    (specs / "o.yaml").write_text("a: [1, 2\n")
    (specs / "p.yaml").write_text(SAVED)
    return tmp_path


def both(project: Path, count: int) -> tuple[Resolution, object]:
    return resolve(["specs"], cwd=project, processes=count), survey(["specs"], cwd=project, processes=count)


@pytest.mark.parametrize("count", [2, pytest.param(3, marks=pytest.mark.thorough), 50])
def test_several_processes_say_what_one_says(project: Path, count: int) -> None:
    assert both(project, count) == both(project, 1)


def test_the_specs_have_problems_of_every_kind(project: Path) -> None:
    codes = {problem.code for problem in resolve(["specs"], cwd=project).diagnostics}
    assert {"duplicate-name", "unknown-reference", "unknown-field", "udf-load", "unread"} <= codes


def test_what_is_right_is_declared_the_same(project: Path) -> None:
    for name in ("m", "n", "o", "p", "a-2"):
        (project / "specs" / f"{name}.yaml").unlink()
    (project / "specs" / "m.yaml").write_text(WRITER)
    alone, together = (resolve(["specs"], cwd=project, processes=count) for count in (1, 2))
    assert alone.valid
    assert together == alone
    assert {problem.code for problem in alone.diagnostics} == {"output-as-text", "udf-load"}


SURVEYED = """
import sys
from pathlib import Path
from fused_spec.spec.resolve import survey
from fused_spec.spec.resolving import look, share
from fused_spec.system.stopwatch import Stopwatch
from fused_spec.system.timings import Cache

look._WORTH_A_PROCESS = share._WORTH_A_CACHE = 1
watch = Stopwatch(lambda: 0.0)
survey(["specs"], cwd=Path.cwd(), cache=lambda _: Path("cache"), processes=int(sys.argv[1]), timings=watch)
print(*watch.took().caches[Cache.SYNTAX])
"""


def test_what_the_cache_knew_in_every_process_is_told(project: Path) -> None:
    def lookups(count: int) -> Lookups:
        # In a process of its own: where other threads are, as some test may have left one, nothing is shared out.
        done = subprocess.run(
            [sys.executable, "-c", SURVEYED, str(count)], cwd=project, capture_output=True, text=True, check=True
        )
        return Lookups(*map(int, done.stdout.split()))

    first, second = lookups(1), lookups(3)
    assert (first.hits, second.misses) == (0, 0)
    assert second.hits >= first.misses + 2  # each process looks up the UDF that most specs have


def test_a_udf_that_waits_for_other_specs_is_kept_too(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(share, "_WORTH_A_CACHE", 1)
    for file in (project / "specs").iterdir():
        file.unlink()
    code = UDF.replace("n=1", "n=2")
    (project / "specs/m.yaml").write_text(WRITER)
    (project / "specs/r.yaml").write_text(READER.format(number=1, table="{output_of: counties}", code=code))
    watches = [Stopwatch(lambda: 0.0) for _ in range(2)]
    for watch in watches:
        resolve(["specs"], cwd=project, cache=lambda _: project / "state" / "cache", timings=watch)
    assert [watch.took().caches[Cache.SYNTAX] for watch in watches] == [Lookups(0, 1), Lookups(1, 0)]


def end(*_: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def fail(*_: object) -> None:
    raise RuntimeError("broken")


@pytest.mark.parametrize("what", [end, fail])
@pytest.mark.parametrize("when", ["look", "finish"])
def test_a_process_that_ends_is_done_without(
    project: Path, monkeypatch: pytest.MonkeyPatch, when: str, what: Callable[..., None]
) -> None:
    expected, here = both(project, 1), os.getpid()
    usual = getattr(share.Share, when)
    monkeypatch.setattr(share.Share, when, lambda *given: usual(*given) if os.getpid() == here else what())
    assert both(project, 2) == expected


def test_an_answer_that_is_cut_off_is_none(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    expected, here, usual = both(project, 1), os.getpid(), pickle.dump

    def dump(value: object, stream: IO[bytes], protocol: int) -> None:
        if os.getpid() == here:
            usual(value, stream, protocol)
        else:
            stream.write(pickle.dumps(value, protocol)[:100])
            stream.flush()
            end()

    monkeypatch.setattr(processes.pickle, "dump", dump)
    assert both(project, 2) == expected


def test_no_process_is_left_behind(project: Path) -> None:
    ours = psutil.Process()
    before = ours.children()  # of other tests in this process
    both(project, 3)
    assert [child for child in ours.children() if child not in before] == []


def test_beside_other_threads_there_is_one_process(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done = Event()
    other = Thread(target=done.wait)
    other.start()
    monkeypatch.setattr(processes.os, "fork", fail)
    try:
        assert not may_fork()
        both(project, 2)
    finally:
        done.set()
        other.join()


def test_few_bytes_are_not_worth_a_process(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    monkeypatch.setattr(processes.os, "fork", fail)
    both(project, 2)


def test_files_of_elements_that_are_too_large_together_are_told_as_in_one_process(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("fused_spec.spec.inputs.elements", "fused_spec.spec.resolving.look"):
        monkeypatch.setattr(f"{module}.MAX_ELEMENTS_BYTES", 170)
    for number in range(6):
        (project / "specs" / f"tiles-{number}.csv").write_text("".join(f"s3://bucket/{at}\n" for at in range(4)))
        text = READER.format(number=40 + number, table="a", code=UDF).replace(
            "udf, udf", f"udf, input: {{elements: tiles-{number}.csv}}, udf"
        )
        (project / "specs" / f"b{number}.yaml").write_text(text)
    assert both(project, 2) == both(project, 1)
    assert any("in all files together" in one.message for one in both(project, 2)[0].diagnostics)


def test_what_waits_for_others_is_looked_at_once_they_are_known(project: Path) -> None:
    [problem] = [one for one in resolve(["specs"], cwd=project, processes=2).diagnostics if '"nobody"' in one.message]
    assert problem.code == "unknown-reference"


def test_a_survey_keeps_nothing_that_was_declared(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept: list[object] = []
    usual = share.Looked.__new__

    def made(cls: type, *given: object, **named: object) -> object:
        kept.append(named.get("desired"))
        return usual(cls, *given, **named)

    monkeypatch.setattr(share.Looked, "__new__", made)
    survey(["specs"], cwd=project)
    assert set(kept) == {None}
