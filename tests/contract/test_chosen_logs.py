"""Chosen lines of a log between the service's file and the client's: in pieces, masked, each once."""

import json
import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from fused_spec.api.errors import Unreadable
from fused_spec.api.logs.file import SavedLog, SaveLog
from fused_spec.api.reading import FusedReader
from fused_spec.cli.runs.log_lines import log_lines, of_elements, with_elements
from fused_spec.cli.runs.lookup import FoundRun, Surroundings
from fused_spec.configuration.service_identity import HEADER, ServiceIdentity
from fused_spec.configuration.settings import Target
from fused_spec.engine.reporting.log import LogWriter
from fused_spec.errors import FusedSpecError, Misconfigured
from fused_spec.jobs.folder import JobDir
from fused_spec.jobs.log_choice import ALL, LogChoice
from fused_spec.jobs.log_origins import Origin, Stream
from fused_spec.jobs.parts import Part, Stretches
from fused_spec.messages.redaction import MASK, Redactor
from fused_spec.reconcile.archive.spool import LogRecord
from fused_spec.service.app import create_app
from fused_spec.service.workers.logview import chosen
from fused_spec.spec.relations.moves import Moves
from tests.asgi import AsgiAdapter
from tests.contract.world import TOKEN, World, job
from tests.unit.api.conftest import api, server, time, transport
from tests.unit.api.loopback import Loopback, says

__all__ = ["api", "server", "time", "transport"]

JOB = "0b8c7f3a-1111-2222-3333-444455556666"
LISTED = [{"timestamp": 1000 + at, "message": f"line {at}"} for at in range(6)]
SECRET = "correct-horse-battery"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with AsgiAdapter(create_app(tmp_path / "state", TOKEN)) as service:
        made = World(tmp_path / "project", service)
        made.write("specs/areas.yaml", job("areas"))
        yield made


def saved(file: Path) -> list[LogRecord]:
    return list(map(LogRecord.from_json, file.read_bytes().splitlines()))


def answer(folder: JobDir, choice: LogChoice = ALL, behind: SavedLog | None = None) -> bytes:
    return b"".join(chosen(folder, choice, None if behind is None else behind.end).as_lines())


@given(
    cuts=st.lists(st.integers(0, 120), max_size=4).map(sorted),
    width=st.integers(3, 30),
    piece=st.integers(1, 400),
)
def test_a_log_that_is_read_on_comes_whole_once_and_masked(
    tmp_path_factory: pytest.TempPathFactory, cuts: list[int], width: int, piece: int
) -> None:
    """A secret stands in the log, cut into lines of some width; the log grows between the answers."""
    folder = tmp_path_factory.mktemp("read")
    kept, file = JobDir(folder), folder / "saved"
    text = f"before{SECRET}after" * 5
    lines = [text[at : at + width] for at in range(0, len(text), width)]
    places = [0, *(min(cut, len(lines)) for cut in cuts), len(lines)]
    found: list[LogRecord] = []
    behind: SavedLog | None = None
    with LogWriter(kept.log, lambda: 5, origins=kept.log_origins) as log, log.step(1):
        for number, (start, end) in enumerate(pairwise(places), start=2):
            for at in range(start, end):
                log.write(lines[at], Origin(at, Stream.STDOUT))
            log.flush()
            save = SaveLog(file, 2**30, scrub=Redactor([SECRET]), last=number == len(places), behind=behind)
            content = answer(kept, behind=behind)
            save(iter([content[at : at + piece] for at in range(0, len(content), piece)]))
            behind = save.saved
            found += saved(file)
    assert [one.task for one in found] == list(range(len(lines)))
    assert {(one.step, one.stream) for one in found} == {(1, "stdout")}
    whole = "".join(one.message for one in found)
    assert SECRET not in whole
    assert re.sub(f"({re.escape(MASK)})+", SECRET, whole) == text


def test_what_was_kept_back_is_not_shown() -> None:
    assert SECRET not in repr(SavedLog(end=1, tells_origins=True, kept_back=((1, SECRET, ""),)))


@pytest.mark.parametrize("cut", [1, 20, 60])
def test_an_answer_that_is_cut_is_no_log(tmp_path: Path, cut: int) -> None:
    folder = JobDir(tmp_path)
    with LogWriter(folder.log, origins=folder.log_origins) as log:
        log.write("a")
    with pytest.raises(Unreadable, match="not a"):
        SaveLog(tmp_path / "saved", 2**30)(iter([answer(folder)[:-cut]]))


def around(api: FusedReader, service_id: str | None, folder: Path) -> Surroundings:
    return Surroundings(
        project=cast(Any, None),
        target=Target(name="hosted", base_url=api.base_url),
        service=ServiceIdentity(url=api.base_url, id=service_id),
        api=api,
        archive=cast(Any, SimpleNamespace()),
        journal=cast(Any, None),
        cancels=cast(Any, None),
        moves=Moves(),
    )


def printed(api: FusedReader, choice: LogChoice, folder: Path, service_id: str | None = None) -> list[str]:
    found = FoundRun(job_id=JOB, name="areas")
    lines = log_lines(around(api, service_id, folder), found, choice, follow=False, sleep=lambda _: None, tell=print)
    return [line.message for line in lines]


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        (LogChoice(tail=2), ["line 4", "line 5"]),
        (LogChoice(text="3"), ["line 3"]),
        (LogChoice(since_ms=1004), ["line 4", "line 5"]),
        (LogChoice(since_ms=1001, tail=3, text="line"), ["line 3", "line 4", "line 5"]),
    ],
)
def test_a_service_that_tells_no_tasks_is_chosen_from_here(
    server: Loopback, api: FusedReader, tmp_path: Path, choice: LogChoice, expected: list[str]
) -> None:
    server.on(f"GET /logs/{JOB}", says(LISTED))
    assert printed(api, choice, tmp_path) == expected
    asked = server.seen[-1].target
    assert "tail" not in asked
    assert "text" not in asked


@pytest.mark.parametrize("choice", [LogChoice(task=7), LogChoice(failed=True), LogChoice(task=0, tail=1)])
def test_a_service_that_tells_no_tasks_is_not_asked_for_one(
    server: Loopback, api: FusedReader, tmp_path: Path, choice: LogChoice
) -> None:
    with pytest.raises(Misconfigured, match=r"no line of this log tells its task: the service at .* does not tell it"):
        printed(api, choice, tmp_path)
    assert server.seen == []


def test_an_embedded_service_of_an_earlier_version_tells_none_either(
    server: Loopback, api: FusedReader, tmp_path: Path
) -> None:
    server.on(f"GET /logs/{JOB}", says(LISTED, headers={HEADER: "0" * 32}))
    assert printed(api, LogChoice(tail=1), tmp_path, "0" * 32) == ["line 5"]
    with pytest.raises(Misconfigured, match="no line of this log tells its task"):
        printed(api, LogChoice(task=1), tmp_path, "0" * 32)


def test_who_asks_as_ever_is_answered_as_ever(world: World) -> None:
    job_id = str(world.apply()["Job/areas"].job_id)
    log = world.api.get_logs(job_id)
    assert [set(line) for line in log] == [{"timestamp", "message"}] * len(log)
    assert "n=1" in [line.message for line in log]


def test_a_secret_is_masked_in_chosen_lines_and_finds_none(world: World, tmp_path: Path) -> None:
    world.write("specs/area.py", f"@fused.udf\ndef udf():\n    print('before {SECRET}')\n")
    job_id = str(world.apply()["Job/areas"].job_id)
    seen = replace(around(world.api, "0" * 32, tmp_path), mask=Redactor([SECRET]))
    found = FoundRun(job_id=job_id, name="areas")

    def texts(choice: LogChoice) -> list[str]:
        lines = log_lines(seen, found, choice, follow=True, sleep=lambda _: None, tell=print)
        return [line.message for line in lines]

    assert texts(LogChoice(task=0)) == texts(LogChoice(text="before")) == [f"before {MASK}"]
    assert texts(LogChoice(text=SECRET)) == []


def test_an_archived_log_tells_tasks_and_streams(world: World) -> None:
    world.apply()
    [receipt] = world.archive.receipts()
    assert [(line.message, line.step, line.task, line.stream) for line in world.archive.read_logs(receipt)] == [
        ("step 1 of 1: udf", None, None, "service"),
        ("n=1", 1, 0, "stdout"),
        ("udf: 1 done", None, None, "service"),
    ]
    assert json.loads(receipt.to_json())["log"]["lines"] == 3


PART = Part(of=12, elements=Stretches.of([5, 9, 10]), after=JOB)


def test_of_a_run_of_a_part_tasks_have_the_numbers_of_their_elements() -> None:
    lines = [LogRecord(1, "a", 1, 1, "stdout"), LogRecord(2, "b", None, None, "service")]
    assert [line.task for line in with_elements(lines, PART)] == [9, None]
    assert of_elements(LogChoice(task=10), PART) == LogChoice(task=2)
    assert of_elements(LogChoice(task=10), None) == LogChoice(task=10)


def test_an_element_for_which_a_run_was_not_started_is_told_with_the_run_before_it() -> None:
    with pytest.raises(FusedSpecError, match="was not started for element 7, but for 5,9-10 alone") as raised:
        of_elements(LogChoice(task=7), PART)
    assert JOB in str(raised.value.hint)
