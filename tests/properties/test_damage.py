"""A damaged file of any format is read right or refused by name; `FUSED_SPEC_SEED` chooses the damage.

`python -m tests.properties.damage` does the same with more files, and repeats one.
"""

import os

import pytest

from tests.properties.damage import verdict
from tests.properties.formats import FORMATS

_EACH = 8
_SLOW = {"osm": 1, "osm pbf": 1}  # whose reader makes a database first


@pytest.mark.parametrize("name", FORMATS)
def test_damaged_files_are_read_right_or_refused_by_name(name: str) -> None:
    seed = int(os.environ["FUSED_SPEC_SEED"])
    found = [verdict(name, seed + number) for number in range(_SLOW.get(name, _EACH))]
    assert [str(one) for one in found if one.wrong is not None] == []
