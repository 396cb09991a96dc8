"""Log lines: dicts as the service sent them, with their two fields beside, whatever the service sent."""

import copy
import json
import pickle
from pathlib import Path
from typing import Any

import pandas
import pytest

from fused_spec.api.client import FusedAPI
from fused_spec.api.logs.file import saved_lines
from fused_spec.wire import LogLine, log_lines
from tests.unit.api.loopback import Loopback, says

JOB = "0b8c7f3a-1111-2222-3333-444455556666"
RECORDS: list[dict[str, Any]] = [
    {"timestamp": 1000, "message": "a\n", "stream": "stderr"},
    {"timestamp": 1001, "message": "b\n", "stream": "stdout"},
]
ODD: list[Any] = [
    {"timestamp": 1000, "message": None},
    {"timestamp": 1001.75, "message": "fraction"},
    {"message": "no time"},
    {"timestamp": None, "message": "null time"},
    {"timestamp": "1003", "message": "text"},
    {"timestamp": "soon", "message": {"level": "info"}},
    "no object",
    None,
    {"timestamp": True},
]


def test_lines_are_the_dicts_that_the_service_sent(server: Loopback, api: FusedAPI) -> None:
    server.on(f"GET /logs/{JOB}", says(RECORDS))
    lines = api.get_logs(JOB)
    assert lines == RECORDS
    assert lines[0]["message"] == "a\n"
    assert json.loads(json.dumps(lines)) == RECORDS


def test_lines_make_a_table(server: Loopback, api: FusedAPI) -> None:
    server.on(f"GET /logs/{JOB}", says(RECORDS))
    assert list(pandas.DataFrame(api.get_logs(JOB)).columns) == ["timestamp", "message", "stream"]


def test_the_fields_of_a_line_are_attributes_too() -> None:
    line = LogLine(RECORDS[0])
    assert (line.timestamp, line.message) == (1000, "a\n")


@pytest.mark.parametrize("again", [copy.copy, copy.deepcopy, lambda line: pickle.loads(pickle.dumps(line))])
def test_a_line_can_be_copied(again: Any) -> None:
    last = again(list(log_lines([{"timestamp": 5}, {"message": "m"}]))[1])
    assert (last, last.timestamp, last.message) == ({"message": "m"}, 5, "m")


def test_an_odd_record_costs_nobody_the_others(server: Loopback, api: FusedAPI) -> None:
    server.on(f"GET /logs/{JOB}", says(ODD))
    assert [(line.timestamp, line.message) for line in api.get_logs(JOB)] == [
        (1000, ""),
        (1001, "fraction"),
        (1001, "no time"),
        (1001, "null time"),
        (1003, "text"),
        (1003, '{"level": "info"}'),
        (1003, "no object"),
        (1003, ""),
        (1003, ""),
    ]


def test_a_saved_log_keeps_odd_records_as_well(server: Loopback, api: FusedAPI, tmp_path: Path) -> None:
    server.on(f"GET /logs/{JOB}", says(ODD))
    assert api.save_logs(JOB, tmp_path / "log")
    saved = [(line.timestamp, line.message) for line in saved_lines(tmp_path / "log")]
    assert saved == [(line.timestamp, line.message) for line in log_lines(ODD)]
