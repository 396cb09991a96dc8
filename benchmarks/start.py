"""How long the command takes to say its version and its help, beside a Python that imports click.

uv run python benchmarks/start.py [--quick] [--rounds N]
"""

import sys
from argparse import Namespace
from collections.abc import Iterator

from measure import FUSED_SPEC, Command, command_line, rounds, side_by_side, tell
from rows import Row, at_most

CLICK = Command([sys.executable, "-c", "import click"])


def rows(given: Namespace) -> Iterator[Row]:
    turns = rounds(given, usually=21, quick=9)
    for option in ("--version", "--help"):
        ours = Command([FUSED_SPEC, option])
        yield side_by_side(
            f"`fused-spec {option}`", ours, "`python -c 'import click'`", CLICK, rounds=turns, goal=at_most(1.4)
        )


if __name__ == "__main__":
    tell(rows, command_line(__doc__).parse_args())
