"""A start of which nobody can know whether it arrived, through the installed command."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.command import Shell
from tests.torture.test_torture import Place


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    home = tmp_path / "home"
    home.mkdir()
    place = Place(Shell(folder=tmp_path, home=home), seed=0)
    place.declare(1)
    yield place
    place.close()


@pytest.mark.thorough
def test_a_start_that_got_lost_is_unknown_and_the_command_that_is_named_settles_it(place: Place) -> None:
    place.proxy.loses_starts = True
    code, out = place.run("apply", "specs", "-y", "--target", "lab")
    assert code == 9, out
    assert "  next: fused-spec apply specs --target lab" in out.splitlines()
    place.proxy.loses_starts = False
    code, out = place.run("apply", "specs", "--target", "lab")
    assert code == 0, out
    assert Counter(name for name, _, _ in place.runs()) == {"first": 1, "second": 1}
