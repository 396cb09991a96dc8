"""What results lose in their stored form, told once for a step."""

import json
from pathlib import Path

from fused_spec.engine.results.losses import Losses
from fused_spec.jobs.folder import index_line
from tests.unit.engine.running import job_folder, log, metadata, results, run, udf_step

LOSSY = "import pandas as pd\ndef udf(a: int = 0):\n    return pd.DataFrame({'a': [{'x': 1}, {'y': 2}]})\n"
SENTENCE = "column a: objects of which not all have the same keys get them all, null where one has none"


def test_what_is_lost_is_told_once_for_all_tasks(tmp_path: Path) -> None:
    job = job_folder(tmp_path, udf_step(LOSSY, input=[1, 2, 3]))
    run(job)
    told = [line for line in log(job) if line.startswith("lossy")]
    assert told == [f"lossy: {SENTENCE} (3 of 3 results)"]


def test_each_result_says_in_the_index_what_it_loses(tmp_path: Path) -> None:
    job = job_folder(tmp_path, udf_step(LOSSY))
    run(job)
    assert [result.lossy for result in results(job)] == [[SENTENCE]]


def test_it_is_told_in_what_stands_beside_the_result(tmp_path: Path) -> None:
    job = job_folder(tmp_path, udf_step(LOSSY))
    run(job)
    assert metadata(job, "0.parquet")["stderr"] == f"lossy: {SENTENCE}\n"


def test_results_are_counted_by_sentence() -> None:
    losses = Losses()
    for sentences in (["a"], ["a", "b"], []):
        losses.add_record(record(sentences))
    assert losses.facts() == [{"what": "a", "results": 2}, {"what": "b", "results": 1}]


def test_endlessly_many_sentences_are_not_kept() -> None:
    losses = Losses()
    for number in range(150):
        losses.add([f"column {number}: bent"])
    assert losses.facts()[100:] == [{"what": "more is lost of the same kinds, in other places", "results": 50}]


def test_a_line_that_is_none_counts_for_nothing() -> None:
    losses = Losses()
    for line in ('{"lossy": ', '{"lossy": 5}', '["lossy": []]'):
        losses.add_record(line)
    assert losses.facts() == []


def test_a_result_that_loses_nothing_has_no_word_of_it_in_the_index() -> None:
    assert "lossy" not in json.loads(record([]))


def record(sentences: list[str]) -> str:
    return index_line(0, None, "0.json", "application/json", "1.pack", 0, 1, 1, None, sentences)
