"""Every problem that is told has a number, and every number is of a problem that is told."""

import json
import tomllib
from collections import Counter
from pathlib import Path

import pytest

from fused_spec.messages.codes import registry
from fused_spec.messages.codes.registry import entries
from tests.codes_in_source import codes_in_source

ROOT = Path(__file__).parents[2]
FILES = sorted(Path(registry.__file__).parent.glob("*.toml"))


@pytest.fixture(scope="module")
def told() -> dict[str, str]:
    """Where each code is told; it is read when a test asks, since every worker imports every module."""
    return codes_in_source()


def test_every_code_in_the_source_has_an_entry(told: dict[str, str]) -> None:
    """Add one to the file of its group in `fused_spec/messages/codes`, under the next free number."""
    assert {code: place for code, place in told.items() if code not in entries()} == {}


def test_every_entry_is_of_a_code_in_the_source(told: dict[str, str]) -> None:
    assert set(entries()) - set(told) == set()


def test_every_code_that_an_invalid_spec_draws_has_an_entry() -> None:
    expected = [json.loads(path.read_text()) for path in (ROOT / "tests/specs/invalid").glob("*.expected.json")]
    assert {problem["code"] for problems in expected for problem in problems} - set(entries()) == set()


def test_no_code_and_no_number_stands_in_two_files() -> None:
    said = [
        (code, entry["number"]) for path in FILES for code, entry in tomllib.loads(path.read_text())["code"].items()
    ]
    for words in zip(*said, strict=True):
        assert [word for word, count in Counter(words).items() if count > 1] == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_file_of_codes_is_in_the_order_of_its_numbers(path: Path) -> None:
    numbers = [entry["number"] for entry in tomllib.loads(path.read_text())["code"].values()]
    assert numbers == sorted(numbers)


def test_an_entry_has_an_example_or_says_why_it_has_none() -> None:
    assert [entry.code for entry in entries().values() if bool(entry.example) is bool(entry.no_example)] == []


def test_an_entry_says_what_why_and_the_next_step() -> None:
    lacking = [
        entry.code
        for entry in entries().values()
        if not entry.title
        or entry.title.endswith(".")
        or not entry.cause.endswith(".")
        or not entry.remedy.endswith(".")
    ]
    assert lacking == []
