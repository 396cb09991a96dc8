"""Code that means no good, as a job and as a call that somebody waits for: a clear end, and the service goes on."""

import json
from collections.abc import Iterator, Set
from typing import Any

import psutil
import pytest
import requests

from tests.acceptance.conftest import in_folder
from tests.acceptance.served import Served, serving

pytestmark = pytest.mark.xdist_group("hostile")

GOOD = "@fused.udf\ndef udf(n: int = 1):\n    return n\n"
FINE = ""  # it harms nobody, and its result is as good as any


def udf(body: str, before: str = "import os, sys\n") -> str:
    lines = "".join(f"    {line}\n" for line in body.splitlines())
    return f"{before}@fused.udf\ndef udf():\n{lines}"


# The code, and what is said of it at the end
HOSTILE = {
    "no Python": ("def udf(:", "SyntaxError"),
    "a null in its text": ("def udf():\n    return 1\0\n", "null bytes"),
    "no such function": ("x = 1\n", "udf"),
    "exits": (udf("sys.exit(3)"), "SystemExit"),
    "exits at once": (udf("os._exit(3)"), "exit code 3"),
    "exits when it is loaded": (udf("pass", before="import os\nos._exit(4)\n"), "exit code 4"),
    "kills itself": (udf("os.kill(os.getpid(), 11)"), "SIGSEGV"),
    "kills its worker": (udf("os.kill(os.getppid(), 9)"), "the worker ended by SIGKILL"),
    "forks": (udf("os.fork()\nreturn 1"), FINE),
    "asks for too much memory": (udf("return bytearray(10**15)"), "MemoryError"),
    "recurses": (udf("return udf()"), "RecursionError"),
    "opens files without end": (udf("kept = []\nwhile True: kept.append(open('/dev/null'))"), "Too many open files"),
    "may write no files": (
        udf("import resource\nresource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))"),
        "the result cannot be kept: File too large",
    ),
    "prints bytes": (udf("os.write(1, bytes(range(256)) * 99)"), FINE),
    "prints no line end": (udf("print('x' * 3_000_000, end='')"), FINE),
    "closes its output": (udf("os.close(1)\nos.close(2)"), FINE),
    "closes the streams above it": (udf("print('x', end='')\nsys.stdout.close()\nsys.stderr.close()"), FINE),
    "puts something else in their place": (udf("sys.stdout, sys.stderr = None, 5"), FINE),
    "takes every signal": (
        udf("import signal\nfor n in set(signal.Signals) - {9, 19}: signal.signal(n, signal.SIG_IGN)"),
        FINE,
    ),
    "sets an alarm": (udf("import signal\nsignal.alarm(1)\nsignal.pause()"), "SIGALRM"),
    "starts threads without end": (
        udf("import threading, time\nthreading.Thread(target=time.sleep, args=(600,)).start()"),
        FINE,
    ),
    "removes its temporary files": (udf("import shutil, tempfile\nshutil.rmtree(tempfile.gettempdir())"), FINE),
    "empties its environment": (udf("os.chdir('/')\nos.environ.clear()"), FINE),
    "returns a function": (udf("return print"), "builtin_function_or_method"),
    "returns a knot": (udf("a = []\na.append(a)\nreturn a"), "it holds itself"),
    "returns infinity": (udf("return float('inf')"), "it holds infinity"),
    "returns a number without end": (udf("return 10**5000"), "Exceeds the limit"),
    "returns half a character": (udf("return 'a\\ud800b'"), "half a character"),
    "raises half a character": (udf("raise BaseException('\\ud800')"), "BaseException: \\ud800"),
    "raises what has no text": (
        udf("raise E", before="class E(Exception):\n    def __str__(self): raise ValueError\n"),
        "E",
    ),
    "takes what is not given": ("@fused.udf\ndef udf(n):\n    return n\n", "no value for n"),
    "answers with no status": (
        udf("from starlette.responses import Response\nreturn Response('x', status_code=99999)"),
        "status 99999 cannot be sent",
    ),
    "answers with a header in its type": (
        udf("from starlette.responses import Response\nreturn Response('x', media_type='a/b\\r\\nSet-Cookie: c=d')"),
        "no header can carry",
    ),
}
# In breadth each is tried once, and these as calls: one of each kind of end
CALLED_IN_BREADTH = {
    *("no Python", "exits", "exits at once", "kills its worker", "forks", "may write no files"),
    *("takes every signal", "closes its output", "returns a knot", "takes what is not given"),
    *("answers with no status", "answers with a header in its type"),
}


def in_breadth(cases: Set[str]) -> list[Any]:
    return [pytest.param(case, marks=() if case in cases else pytest.mark.thorough) for case in HOSTILE]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    for shell in in_folder(tmp_path_factory.mktemp("hostile") / "work"):
        with serving(shell) as service:
            yield service


def called(served: Served, code: str) -> requests.Response:
    """The answer to a call of this code."""
    step = {"type": "udf", "udf": {"name": "case", "entrypoint": "udf", "code": code}}
    body = {"step_config": json.dumps(step), "format": "json"}
    return served.ask("POST", "/realtime/self/api/v1/run/udf", json=body)


@pytest.mark.parametrize("case", in_breadth(HOSTILE.keys() - CALLED_IN_BREADTH))
def test_a_job_of_hostile_code_ends_alone_and_says_why(served: Served, case: str) -> None:
    code, said = HOSTILE[case]
    job_id = served.start(code)
    assert served.wait(job_id) == ("Failed" if said else "Done")
    last = served.last_line(job_id)
    assert said in last
    assert last.startswith("ERROR: ") is bool(said)
    assert served.wait(served.start(GOOD)) == "Done"


@pytest.mark.parametrize("case", in_breadth(CALLED_IN_BREADTH))
def test_a_call_of_hostile_code_is_answered_and_says_why(served: Served, case: str) -> None:
    code, said = HOSTILE[case]
    answer = called(served, code)
    assert answer.status_code == (422 if said else 200), answer.text
    if said:
        assert said in answer.json()["detail"]
    assert json.loads(answer.headers["x-fused-metadata"])["has_exception"] is bool(said)
    assert called(served, GOOD).json() == 1


GARBAGE = """\
import contextlib, glob, os
def udf():
    for file in ("events.jsonl", "results.jsonl", "log.jsonl"):
        for folder in glob.glob(os.environ["JOBS"] + "/*/"):
            with contextlib.suppress(PermissionError), open(os.path.join(folder, file), "ab") as stream:
                stream.write(b'no JSON\\n[]\\n{"event": "running"}\\n{"index": "x"}\\n\\xff\\n')
                stream.write(b'{"event": "progress", "timestamp": 1, "finished": %d, "total": -1}\\n' % (10**40,))
    return 1
"""


def test_a_job_that_writes_into_the_files_of_its_worker_harms_no_other(served: Served) -> None:
    job_id = served.start(GARBAGE, additional_env=[f"JOBS={served.state / 'jobs'}"])
    assert served.wait(job_id) == "Done"
    for path in (f"/run/by-id/{job_id}", f"/run/by-id/{job_id}/results", f"/logs/{job_id}"):
        assert served.ask("GET", path).status_code == 200
    assert served.wait(served.start(GOOD)) == "Done"


def test_what_a_call_leaves_behind_ends_with_it(served: Served) -> None:
    code = udf("import subprocess\nreturn subprocess.Popen(['sleep', '600'], start_new_session=True).pid")
    child: int = called(served, code).json()
    assert not psutil.pid_exists(child)


@pytest.mark.thorough
def test_a_call_that_starts_processes_without_end_is_stopped_at_their_number(served: Served) -> None:
    answer = called(served, udf("import time\nwhile True:\n    if os.fork() == 0: time.sleep(600)"))
    assert answer.status_code == 422
    assert "and may have 1000 at once" in answer.json()["detail"]
    assert psutil.Process(served.process.pid).is_running()
    assert len(psutil.Process(served.process.pid).children(recursive=True)) < 50
