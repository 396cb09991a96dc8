"""A damaged file of any format is read right or refused by name.

The damage is the same in each run, so that a change of the code is what makes one fail. A night takes more files, each
time others: `python -m tests.properties.damage`, which repeats one, too.
"""

import pytest

from tests.depth import at_depth
from tests.properties.damage import verdict
from tests.properties.formats import FORMATS

_SEED = 70_000
_EACH = at_depth(8, in_breadth=1)
_SLOW = {"osm": 1, "osm pbf": 1}  # whose reader makes a database first


@pytest.mark.parametrize("name", FORMATS)
def test_damaged_files_are_read_right_or_refused_by_name(name: str) -> None:
    found = [verdict(name, _SEED + number) for number in range(_SLOW.get(name, _EACH))]
    assert [str(one) for one in found if one.wrong is not None] == []
