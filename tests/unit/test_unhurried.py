"""The suite itself: no example of a property ends by a clock, since a shared machine is sometimes slow."""

import ast
from collections.abc import Iterator
from pathlib import Path

from hypothesis import HealthCheck, settings

TESTS = Path(__file__).parents[1]


def calls_of_settings() -> Iterator[tuple[Path, ast.Call]]:
    for file in TESTS.rglob("test_*.py"):
        text = file.read_text(encoding="utf-8")
        for node in ast.walk(ast.parse(text)) if "settings(" in text else ():
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "settings":
                yield file, node


def test_the_profile_of_the_suite_has_no_deadline() -> None:
    assert settings().deadline is None
    assert HealthCheck.too_slow in settings().suppress_health_check


def test_no_test_brings_back_a_clock() -> None:
    by_clock = {"deadline", "suppress_health_check"}  # an own list of checks would bring back those by the clock
    given = [file for file, call in calls_of_settings() if any(one.arg in by_clock for one in call.keywords)]
    assert given == []
