"""`validate --fix-images`: what images lack for what UDFs import, shown and written."""

from collections.abc import Callable
from pathlib import Path

import pytest

from fused_spec.cli import main

PROJECT = """\
apiVersion: fused-spec/v1
project: {name: tiles, id: 5a0a2c1e-7f0e}
images:
  batch: {requirements: [nosuchmodule==1]} # the team's
"""
SPEC = """\
apiVersion: fused-spec/v1
kind: Job
metadata: {name: tiles}
spec:
  image_name: batch
  config: {steps: [{type: udf, udf: {file: a.py}}]}
"""
UDF = "import nosuchmodule, sklearn, yet_another\n@fused.udf\ndef udf(): pass\n"

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def validate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Run:
    """Call the command in a project whose image lacks two modules."""
    for name, content in {"fused-spec.yaml": PROJECT, "tiles.yaml": SPEC, "a.py": UDF}.items():
        (tmp_path / name).write_text(content, encoding="utf-8")
    monkeypatch.chdir(tmp_path)

    def run(*options: str) -> tuple[int, str, str]:
        code = main.run(["validate", "tiles.yaml", *options])
        out, err = capfd.readouterr()
        return code, out, err

    return run


def test_the_change_is_shown_and_not_made(validate: Run, tmp_path: Path) -> None:
    code, out, _ = validate("--fix-images")
    assert code == 0
    assert "+  batch: {requirements: [nosuchmodule==1, scikit-learn, yet-another]} # the team's\n" in out
    assert (tmp_path / "fused-spec.yaml").read_text(encoding="utf-8") == PROJECT


def test_what_is_written_is_what_was_lacking(validate: Run, tmp_path: Path) -> None:
    (tmp_path / "fused-spec.yaml").chmod(0o640)
    validate("--fix-images", "--write")
    written = tmp_path / "fused-spec.yaml"
    assert written.read_text(encoding="utf-8") == PROJECT.replace("==1]", "==1, scikit-learn, yet-another]")
    assert written.stat().st_mode & 0o777 == 0o640
    assert "No declared image lacks what a UDF imports." in validate("--fix-images")[2]


@pytest.mark.parametrize("options", [("--write",), ("--fix-images", "--output", "json")])
def test_options_that_do_not_go_together_are_a_usage_error(validate: Run, options: tuple[str, ...]) -> None:
    assert validate(*options)[0] == 2
