"""The log of a run on this machine: nothing lost, nothing doubled, whatever the service's `since_ms` means."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from fused_spec.api.errors import ApiError
from fused_spec.api.logs.cursor import OVERLAP_MS
from fused_spec.api.logs.file import SaveLog
from fused_spec.messages.redaction import MASK, Redactor, redact
from fused_spec.reconcile.archive.spool import LogRecord, Spool, Spools

Lines = list[tuple[int, str]]


class Log:
    """Stands for the reading half of the client, in front of a log that grows; `first` lines are forgotten."""

    def __init__(self, *, inclusive: bool = True) -> None:
        self.lines: Lines = []
        self.inclusive = inclusive
        self.forgotten = 0
        self.gone = False
        self.most: int | None = None

    def save_logs(
        self, job_id: str, file: Path, since_ms: int | None = None, *, scrub: Redactor, last: bool = True
    ) -> bool:
        if self.gone:
            answer = requests.Response()
            answer.status_code = 404
            raise ApiError("no such job", call="GET logs", response=answer)
        floor = -1 if since_ms is None else since_ms - self.inclusive
        shown = [line for line in self.lines[self.forgotten :] if line[0] > floor]
        content = json.dumps([{"timestamp": at, "message": message} for at, message in shown]).encode()
        save = SaveLog(file, self.most or 2**30, scrub=scrub, last=last)
        save(iter([content[:10], content[10:]]))
        return not save.cut


def records(lines: Lines) -> list[LogRecord]:
    return [LogRecord(at, message) for at, message in lines]


def spooled(folder: Path) -> Spool:
    return Spool(folder / "run", redact)


def whole(spool: Spool, log: Any) -> list[LogRecord]:
    return list(map(LogRecord.from_json, spool.whole(log, "run").lines))


@st.composite
def growth(draw: st.DrawFn) -> tuple[Lines, list[int]]:
    """A log whose lines often share a millisecond and a text and come late by less than the overlap, and when it
    is read."""
    now, lines = 1000, []
    for _ in range(draw(st.integers(0, 30))):
        now += draw(st.sampled_from([0, 0, 1, 700, OVERLAP_MS * 2]))
        late = draw(st.sampled_from([0, 0, 0, 1, 900]))
        lines.append((now - late, draw(st.sampled_from(["a", "b", "\u2028", "é\n"]))))
    return lines, sorted(draw(st.lists(st.integers(0, len(lines)), max_size=8)))


@given(growth(), st.booleans(), st.integers(0, 30), st.data())
def test_every_line_is_kept_once_through_crashes_and_forgetting(
    tmp_path_factory: pytest.TempPathFactory,
    grown: tuple[Lines, list[int]],
    inclusive: bool,
    forgotten: int,
    data: st.DataObject,
) -> None:
    lines, readings = grown
    folder = tmp_path_factory.mktemp("spool")
    log, spool = Log(inclusive=inclusive), spooled(folder)
    for end in readings:
        log.lines = lines[:end]
        spool.read_on(log, "run")  # type: ignore[arg-type]
        if data.draw(st.booleans(), label="crash"):
            with (folder / "run" / "lines.jsonl").open("ab") as stream:
                stream.write(b'{"timestamp": 1, "mess')
            spool = spooled(folder)
    log.lines = lines
    seen = readings[-1] if readings else 0
    in_order = [at for at, _ in lines] == sorted(at for at, _ in lines)
    log.forgotten = min(forgotten, seen) if in_order else 0  # what is forgotten is the oldest
    # Of equal lines of one millisecond nobody can tell which were forgotten.
    while set(lines[: log.forgotten]) & set(lines[log.forgotten :]):
        log.forgotten -= 1
    assert Counter(whole(spool, log)) == Counter(records(lines))


def test_a_log_that_the_service_forgot_is_what_was_read_before(tmp_path: Path) -> None:
    log, spool = Log(), spooled(tmp_path)
    log.lines = [(1, "a"), (2, "b")]
    spool.read_on(log, "run")  # type: ignore[arg-type]
    log.gone = True
    found = spool.whole(log, "run")  # type: ignore[arg-type]
    assert (list(map(LogRecord.from_json, found.lines)), found.missing) == (
        records(log.lines),
        "the service had forgotten it, but for what was read before",
    )


def test_a_log_that_is_too_long_is_cut_after_a_whole_line_and_says_so(tmp_path: Path) -> None:
    log = Log()
    log.lines, log.most = [(n, "x" * 50) for n in range(100)], 1000
    found = spooled(tmp_path).whole(log, "run")  # type: ignore[arg-type]
    kept = list(map(LogRecord.from_json, found.lines))
    assert kept == records(log.lines[: len(kept)])
    assert 5 < len(kept) < 20
    assert found.missing == "it goes on: only what its first 1,610,612,736 bytes hold is kept"


def test_no_secret_reaches_the_disk(tmp_path: Path) -> None:
    log = Log()
    log.lines = [(1, "the password is hunter2-hunter2")]
    spool = Spools(tmp_path, secrets=("correct-horse-battery",)).open("run", {"DB_PASSWORD": "hunter2-hunter2"})
    log.lines.append((2, "and correct-horse-battery"))
    spool.read_on(log, "run")  # type: ignore[arg-type]
    kept = b"".join(path.read_bytes() for path in (tmp_path / "run").iterdir())
    assert (b"hunter2" in kept, b"horse" in kept, kept.count(MASK.encode())) == (False, False, 4)


@given(st.integers(1, 14), st.lists(st.integers(0, 3), max_size=3), st.booleans())
def test_no_secret_reaches_the_disk_in_two_halves_either(
    tmp_path_factory: pytest.TempPathFactory, cut: int, readings: list[int], goes_on: bool
) -> None:
    secret, folder = "hunter2-hunter2", tmp_path_factory.mktemp("spool")
    log, spool = Log(), Spools(folder).open("run", {"DB_PASSWORD": secret})
    every = [(1, "before"), (2, f"it is {secret[:cut]}"), (2, f"{secret[cut:]} and"), (3, "behind")]
    for end in [*sorted(readings), 4 if goes_on else 2]:
        log.lines = every[:end]
        spool.read_on(log, "run")  # type: ignore[arg-type]
        kept = [LogRecord.from_json(line).message for line in (folder / "run/lines.jsonl").read_bytes().splitlines()]
        assert secret not in "".join(kept)
        assert not any(message.endswith(secret[:cut]) for message in kept)
    log.lines = every
    assert [line.message for line in whole(spool, log)] == ["before", f"it is {MASK}", f"{MASK} and", "behind"]


def test_what_is_kept_elsewhere_leaves_nothing_behind(tmp_path: Path) -> None:
    log, spool = Log(), spooled(tmp_path)
    spool.read_on(log, "run")  # type: ignore[arg-type]
    spool.remove()
    assert list(tmp_path.iterdir()) == []
