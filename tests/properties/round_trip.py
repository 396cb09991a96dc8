"""What came of ingesting a valid file, beside what another reader says of it."""

import re
from collections.abc import Sequence
from pathlib import Path

from tests.properties.engine import Came, apart
from tests.properties.oracles import Oracle
from tests.properties.seen import difference


def unlike(came: Came, oracle: Oracle, path: Path, refusals: Sequence[str] = ()) -> str | None:
    """What is not as promised: other than the oracle says, or refused for another reason than these patterns say."""
    if came.broken is not None:
        return came.broken
    if came.message is not None:
        is_expected = path.name in came.message and any(re.search(one, came.message) for one in refusals)
        return None if is_expected else f"refused: {came.message}"
    assert came.table is not None
    right, why = apart(lambda: oracle(path))
    return f"went on where another reader says {why}" if right is None else difference(came.table, right)
