"""What waiting for many runs asks of a service, beside a status call for each run every five seconds.

    uv run python benchmarks/waiting.py [--quick] [--jobs N]

An apply starts the jobs at the service of the simulator, on a virtual clock, and waits until all are over: they end
within an hour. Counted is what it asks from the last start on, but for the logs that it archives.
"""

import sys
from argparse import Namespace
from collections.abc import Iterator

from measure import ROOT, command_line, tell
from rows import Row, at_most, no_more_than, row

sys.path.insert(0, str(ROOT))

from tests.simulator.waiting import wait_for_an_hour

TICK = 5.0


def rows(given: Namespace) -> Iterator[Row]:
    jobs = given.jobs or (100 if given.quick else 500)
    waited = wait_for_an_hour(jobs)
    told = ", ".join(f"{count:,} {name}s" for name, count in sorted(waited.asked.items()))
    yield row(
        f"requests while {jobs} jobs end within an hour",
        [waited.asked.total()],
        unit="requests",
        beside=f"a status call a job every {TICK:.0f} s",
        peer=[jobs * waited.seconds / TICK],
        goal=at_most(0.01 * 500 / jobs),
        note=told,
    )
    late = sorted(waited.late)
    yield row(
        f"how late the end of {jobs} jobs is noticed",
        [late[len(late) // 2]],
        unit="s",
        note=f"the last of a hundred {late[int(0.99 * len(late))]:.1f} s, archiving included",
        goal=no_more_than(TICK, "s"),
    )


def main() -> None:
    parser = command_line(__doc__)
    parser.add_argument("--jobs", type=int)
    tell(rows, parser.parse_args())


if __name__ == "__main__":
    main()
