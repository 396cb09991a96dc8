"""Small projects that would become very large ones are told of, after little work and in little memory."""

import sys
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from tests.unit.spec.language.projects import SmallProject, fragment, job

CALLS = 3_000_000
MEMORY = 64 << 20


class TooMuch(BaseException):
    """More work than the test gives."""


def within_bounds(what: Callable[[], list[tuple[str, str, str]]]) -> list[tuple[str, str, str]]:
    """What it gives, with no more than so many calls of functions and so much memory."""
    calls = 0

    def count(_: FrameType, event: str, __: Any) -> None:
        nonlocal calls
        calls += event == "call"
        if calls > CALLS:
            raise TooMuch

    tracemalloc.start()
    sys.setprofile(count)
    try:
        given = what()
    finally:
        sys.setprofile(None)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert peak < MEMORY
    return given


def doubled(kind: str, first: str, said: str, count: int = 60) -> dict[str, str]:
    """Variables, each of which has the one before twice."""
    later = (
        f"  v{index}: {{type: {kind}, default: {said.replace('V', f'${{var.v{index - 1}}}')}}}\n"
        for index in range(1, count)
    )
    project = f"variables:\n  v0: {{type: {kind}, default: {first}}}\n{''.join(later)}"
    return {"project": project, "a__yaml": job(parameters=f'{{a: "${{var.v{count - 1}}}"}}')}


def of_dimensions(count: int, more: str = "") -> dict[str, str]:
    elements = ", ".join(str(number) for number in range(100))
    dimensions = "".join(f"  d{index}: [{elements}]\n" for index in range(count))
    return {"a__yaml": job(top=f"matrix:\n{dimensions}{more}")}


FRAGMENTS = {
    f"f{index}__yaml": fragment(f"f{index}", "env: {A: x}", top=f"use: [f{index + 1}, f{index + 2}]")
    for index in range(28)
}
ENDS = {f"f{index}__yaml": fragment(f"f{index}", "env: {A: x}") for index in (28, 29)}
CHAIN = {f"c{index}__yaml": fragment(f"c{index}", "env: {A: x}", top=f"use: [c{index + 1}]") for index in range(40)}
BOMBS = {
    "text": (doubled("string", "xxxxxxxxxx", "'VV'"), "too-large"),
    "list": (doubled("list", "[x]", "['V', 'V']"), "too-large"),
    "object": (doubled("object", "{x: y}", "{l: 'V', r: 'V'}"), "too-large"),
    "dimensions": (of_dimensions(12), "too-many-cells"),
    "dimensions-less-some": (of_dimensions(12, "  exclude: [{d0: 1}]\n"), "too-many-cells"),
    "days": ({"a__yaml": job(top="matrix: {d: {from: 0001-01-01, through: 9998-12-31}}")}, "bad-range"),
    "elements": ({"a__yaml": job(top=f"matrix: {{d: [{', '.join(map(str, range(5000)))}]}}")}, "too-many-cells"),
    "fragments": ({**FRAGMENTS, **ENDS, "a__yaml": job(top="use: [f0]")}, None),
    "chain": ({**CHAIN, "c40__yaml": fragment("c40", "env: {A: x}"), "a__yaml": job(top="use: [c0]")}, "too-deep"),
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_a_bomb_is_told(tmp_path: Path, bomb: str) -> None:
    files, code = BOMBS[bomb]
    project = SmallProject(tmp_path).specs(
        files.get("project", ""), **{k: v for k, v in files.items() if k != "project"}
    )
    told = within_bounds(project.told)
    assert {one for one, *_ in told} == ({code} if code is not None else set())


def test_a_text_is_as_long_as_it_may_be(project: SmallProject) -> None:
    """In a field, too, where no variable is too long by itself."""
    head = f"variables: {{v: {{type: string, default: {'x' * 600_000}}}}}\n"
    project.specs(head, a__yaml=job(parameters='{a: "${var.v}${var.v}"}'))
    assert [(code, place) for code, place, _ in project.told()] == [("too-large", "specs/a.yaml:8:72")]
    project.specs(head, a__yaml=job(parameters='{a: "${var.v}"}'))
    assert project.told() == []
