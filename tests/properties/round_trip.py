"""What came of ingesting a valid file, beside what another reader says of it."""

import os
import re
from collections.abc import Sequence
from pathlib import Path

from hypothesis import HealthCheck, settings

from tests.depth import SHARE, at_depth
from tests.properties.engine import Came, apart
from tests.properties.oracles import Oracle
from tests.properties.seen import difference

TIMES = int(os.environ.get("FUSED_SPEC_TRIPS", "1"))
"""How many times the usual number of examples there are; a night takes 50 times as many."""


def trips(count: int) -> settings:
    """So many examples, the same in each run, a part of them in breadth; a night takes others, and more of them.

    A format holds some kinds of values only; one for which nothing at all is written still fails its test.
    """
    tried = at_depth(count, in_breadth=max(2, count // SHARE))
    return settings(max_examples=tried * TIMES, derandomize=TIMES == 1, suppress_health_check=list(HealthCheck))


def unlike(came: Came, oracle: Oracle, path: Path, refusals: Sequence[str] = ()) -> str | None:
    """What is not as promised: other than the oracle says, or refused for another reason than these patterns say.

    Values that are told to be changed may be others.
    """
    if came.broken is not None:
        return came.broken
    if came.message is not None:
        is_expected = path.name in came.message and any(re.search(one, came.message) for one in refusals)
        return None if is_expected else f"refused: {came.message}"
    assert came.table is not None
    right, why = apart(lambda: oracle(path))
    if right is None:
        return None if came.lossy else f"went on where another reader says {why}"
    found = difference(came.table, right)
    return None if came.lossy and len(came.table) == len(right) else found
