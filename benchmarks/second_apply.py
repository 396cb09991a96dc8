"""How long a second `apply` of 100 unchanged jobs takes, beside others of its kind that say their version.

    uv run python benchmarks/second_apply.py [--quick] [--rounds N]

The jobs ran on the embedded service, which goes on between the turns, as it does for a user. The others get no network,
so that none of them waits for an answer about newer versions, and may not report their use.
"""

import os
import tempfile
from argparse import Namespace
from collections.abc import Iterator
from pathlib import Path

import peers
from measure import Command, command_line, rounds, side_by_side, tell
from projects import project
from rows import Row, at_most, not_measured

JOBS = 100
GOAL = at_most(1)
PEERS = ("dstack", "prefect", "dbt", "sky")
ALONE = {
    **dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy", "ALL_PROXY"), "http://127.0.0.1:9"),
    "DBT_SEND_ANONYMOUS_USAGE_STATS": "0",
    "DO_NOT_TRACK": "1",
    "SKYPILOT_DISABLE_USAGE_COLLECTION": "1",
}


def rows(given: Namespace) -> Iterator[Row]:
    turns = rounds(given, usually=11, quick=2)
    with project(jobs=JOBS) as unchanged:
        apply = unchanged.command("apply", "specs")
        apply()
        for name in PEERS:
            what, beside = f"second `apply` of {JOBS} unchanged jobs", f"`{name} --version`"
            try:
                program = peers.programs(name) / name
            except peers.Absent as absent:
                yield not_measured(what, absent, beside=beside, goal=GOAL)
                continue
            with tempfile.TemporaryDirectory() as home:
                peer = Command([program, "--version"], cwd=Path(home), env={**os.environ, **ALONE, "HOME": home})
                yield side_by_side(what, apply, beside, peer, rounds=turns, goal=GOAL)


if __name__ == "__main__":
    tell(rows, command_line(__doc__).parse_args())
