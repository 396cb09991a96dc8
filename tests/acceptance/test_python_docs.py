"""The Python of docs/python.md, run from its first line to its last."""

import os
import re
from typing import Any

import pytest

from tests.acceptance.command import Shell
from tests.acceptance.conftest import REPOSITORY

PAGE = (REPOSITORY / "docs/python.md").read_text(encoding="utf-8")
PROGRAM = "".join(re.findall(r"^```python\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL))
UDF = "import fused\n\n\n@fused.udf\ndef udf(name: str, km: int = 1):\n    return km\n"


@pytest.fixture
def ran(neighbour: Shell, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    for name in [name for name in os.environ if name.startswith("FUSED")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(neighbour.home))
    monkeypatch.chdir(neighbour.folder)
    neighbour.write("udfs/area.py", UDF)
    spec = "apiVersion: fused-spec/v1\nkind: Job\nmetadata: {name: areas}\nspec:\n  config: {steps: "
    neighbour.write("specs/a.yaml", spec + "[{type: udf, udf: {file: ../udfs/area.py}, input: [Kenya]}]}\n")
    names: dict[str, Any] = {}
    exec(compile(PROGRAM, "docs/python.md", "exec"), names)
    return names


def test_what_the_page_shows_runs(ran: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    assert ran["areas"].document()["metadata"] == {"name": "areas", "labels": {"team": "geo"}}
    assert ran["outcomes"].exit_code == 0


def test_every_class_of_the_page_is_one_of_the_package() -> None:
    import fused_spec

    table = PAGE.partition("| part | class |")[2].partition("\n\n")[0]
    assert [name for name in re.findall(r"`([A-Z]\w+)`", table) if not hasattr(fused_spec, name)] == []


def test_the_page_names_the_words_of_each_call() -> None:
    import inspect

    from fused_spec.cli.loading.planned import Planned
    from fused_spec.cli.loading.specs import Specs, load

    for call in (load, Specs.plan, Planned.apply):
        row = next(line for line in PAGE.splitlines() if line.startswith("|") and f"{call.__name__}(" in line)
        assert [name for name in inspect.signature(call).parameters if name != "self" and name not in row] == []
