"""What is told of a call that failed."""

import io
import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from fused_spec.engine.processes.packing import TaskOutcome
from fused_spec.engine.udfs.provided import Provided
from fused_spec.engine.udfs.udf_task import UdfTask
from fused_spec.wire import UdfStep
from tests.unit.engine.running import udf_step


def outcome(body: str, folder: Path, secrets: dict[str, str] | None = None, **fields: Any) -> TaskOutcome:
    step = UdfStep.model_validate(udf_step(f"def udf(a: int = 0):\n    {body}\n", **fields))
    return UdfTask(step=step, storage=folder, provided=Provided(secrets=secrets or {}))(0)


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ("raise ValueError('first\\n' + 'x' * 3_000_000 + '\\nlast')", {}),
        ("return {('first\\n' + 'x' * 3_000_000,): 1}", {}),
        ("return a", {"input": ["first\n" + "x" * 3_000_000]}),
    ],
    ids=["its own", "a result", "an argument"],
)
def test_the_longest_error_is_one_short_line(body: str, fields: Any, tmp_path: Path) -> None:
    ended = outcome(body, tmp_path, **fields)
    told = json.loads(ended.metadata)["errormsg"]
    assert [len(text.splitlines()) for text in (str(ended.error), told)] == [1, 1]
    assert max(len(str(ended.error)), len(told)) < 2100


def test_what_can_be_read_once_is_stored_after_it_was_looked_at(tmp_path: Path) -> None:
    body = "import pyarrow as pa; return pa.table({'a': [a, 2]}).to_reader()"
    ended = outcome(body, tmp_path, metadata={"fused-spec": {"expect": {"rows": 2}}})
    assert pq.read_table(io.BytesIO(ended.content)).num_rows == 2


def test_all_lines_of_an_error_are_told(tmp_path: Path) -> None:
    assert outcome("raise ValueError('1 problem:\\n  a: wrong')", tmp_path).error == "ValueError: 1 problem: a: wrong"


def test_of_a_secret_at_the_end_of_the_kept_output_nothing_is_left(tmp_path: Path) -> None:
    ended = outcome("print('-' * (64 * 1024 - 5) + 'correct-horse')", tmp_path, {"KEY": "correct-horse"})
    assert set(json.loads(ended.metadata)["stdout"]) == {"-"}


def test_a_media_type_that_holds_a_secret_is_refused(tmp_path: Path) -> None:
    body = "from starlette.responses import Response; return Response('x', media_type='text/correct-horse')"
    assert "the value of the secret KEY" in str(outcome(body, tmp_path, {"KEY": "correct-horse"}).error)


def test_a_secret_that_the_cut_would_halve_is_masked(tmp_path: Path) -> None:
    secrets = {"KEY": "s3cr" * 50}
    ended = outcome(f"raise ValueError('x' * 950 + {secrets['KEY']!r} + 'x' * 3000)", tmp_path, secrets)
    assert "s3cr" not in f"{ended.error}{json.loads(ended.metadata)['errormsg']}"
