"""Every example of a problem is one: what is wrong in it draws that code alone, and what is right draws no word."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path

import pytest

from fused_spec.messages.codes.example import right_files, wrong_files
from fused_spec.messages.codes.registry import Entry, entries
from fused_spec.spec.language.outside import Outside
from fused_spec.spec.resolve import survey

BESIDE = {"tiles.py": "@fused.udf\ndef udf(n=0, **more):\n    return n\n"}
"""What examples name and do not show."""

EXAMPLES = [entry for entry in entries().values() if entry.example]
OUTSIDE = Outside(environment={"HOME": "/home/somebody"}, git=lambda word: f"a-{word}")


def drawn(files: Mapping[str, str], folder: Path) -> dict[str, str]:
    for name, content in {**BESIDE, **files}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    day = date(2026, 1, 15)
    told = survey(["."], cwd=folder, outside=OUTSIDE, today=day, waived_on=day)
    return {one.code: f"{one.location}: {one.message}" for one in told.diagnostics}


@pytest.mark.parametrize("entry", EXAMPLES, ids=lambda entry: entry.code)
def test_what_is_wrong_in_an_example_draws_its_code_alone(entry: Entry, tmp_path: Path) -> None:
    told = drawn(wrong_files(entry.example), tmp_path)
    assert list(told) == [entry.code], told


@pytest.mark.parametrize("entry", EXAMPLES, ids=lambda entry: entry.code)
def test_what_is_right_in_an_example_draws_no_word(entry: Entry, tmp_path: Path) -> None:
    assert drawn(right_files(entry.example), tmp_path) == {}
