"""Jobs of many inputs: in the spec and in a file, through digest, plan, start and every task."""

import pytest

from tests.acceptance.command import Shell

MANY = 25_000
UDF = "@fused.udf\ndef udf(n: int):\n    return n\n"
JOB = """\
apiVersion: fused-spec/v1
kind: Job
metadata: {name: many}
spec:
  config:
    steps:
      - type: udf
        udf: {file: many.py}
        input: """


@pytest.fixture
def many(shell: Shell) -> Shell:
    """A job whose elements stand in a file."""
    shell.write("specs/many.py", UDF)
    shell.write("specs/many.csv", "n\n" + "".join(f"{number}\n" for number in range(MANY)))
    shell.write("specs/many.yaml", JOB + "{elements: many.csv}\n")
    return shell


@pytest.mark.thorough
def test_a_job_of_25_000_elements_runs_each_and_is_not_run_again_from_the_spec(many: Shell) -> None:
    assert many.run("apply", "specs").code == 0
    many.write("specs/many.yaml", JOB + f"[{', '.join(f'{{n: {number}}}' for number in range(MANY))}]\n")
    assert many.run("plan", "specs", "--detailed-exitcode").code == 0


def test_the_plan_names_the_file_whose_element_changed(many: Shell) -> None:
    many.write("specs/many.csv", "n\n1\n2\n")
    assert many.run("apply", "specs").code == 0
    many.write("specs/many.csv", "n\n1\n3\n")
    assert "spec changed: specs/many.csv" in many.run("plan", "specs").out


def test_a_row_that_is_wrong_is_told_at_its_place_and_nothing_starts(many: Shell) -> None:
    many.write("specs/many.csv", "n\n1\n2,3\n")
    ended = many.run("apply", "specs")
    assert ended.code == 3
    assert "specs/many.csv:3:3: error[FS851]: this row has 2 fields" in ended.err
    assert not (many.folder / ".fused-spec").exists()
