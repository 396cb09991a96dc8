"""How fast trivial jobs are applied on `local`, beside the service's own time for as many, posted at once.

    uv run python benchmarks/apply.py [--quick] [--rounds N]

The jobs return a number. Both ways find a service that is up and has run one, and none of the jobs in its history. The
time of the processors is that of the command alone.
"""

from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager

from measure import Spent, command_line, in_turns, rounds, tell
from projects import Project, project, spec
from rows import Row, at_most, no_more_than, row
from service import Line, seconds_of


def rows(given: Namespace) -> Iterator[Row]:
    jobs = 100 if given.quick else 400
    turns = rounds(given, usually=3, quick=1)
    applied = []

    def ours() -> float:
        applied.append(first_apply(jobs))
        return applied[-1].seconds

    found = in_turns({"ours": ours, "posted": lambda: posted_at_once(jobs)}, rounds=turns, warm_up=False)
    name, beside = f"`apply` of {jobs} trivial jobs on `local`", "the service, for as many posted at once"
    yield row(name, found["ours"], unit="s", beside=beside, peer=found["posted"], goal=at_most(1.5))
    each = [spent.cpu * 1000 / jobs for spent in applied]
    yield row(
        f"{name}: of the processors, a job",
        each,
        unit="ms",
        goal=no_more_than(10, "ms"),
        note="its start shared out among them",
    )


def first_apply(jobs: int) -> Spent:
    with warm(jobs) as made:
        return made.command("apply", "specs")()


def posted_at_once(jobs: int) -> float:
    with warm(jobs) as made:
        return seconds_of(Line(made.state / "service"), jobs)


@contextmanager
def warm(jobs: int) -> Iterator[Project]:
    """A project none of whose jobs ran, with a service that has run another one."""
    with project(jobs=jobs) as made:
        (made.folder / "warm").mkdir()
        (made.folder / "warm/job.yaml").write_text(spec(jobs), encoding="utf-8")
        made.command("apply", "warm")()
        yield made


if __name__ == "__main__":
    tell(rows, command_line(__doc__).parse_args())
