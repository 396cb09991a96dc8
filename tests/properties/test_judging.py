"""What the tests of this folder must notice, they notice."""

from pathlib import Path

import pytest
import shapely

from tests.properties.damage import CRASHED, NAMED, RIGHT, TOLD, judged, verdict
from tests.properties.engine import Came, apart
from tests.properties.formats import FORMATS
from tests.properties.oracles import Broken
from tests.properties.seen import Seen, difference, seen

_FORM = FORMATS["geojson lines"]
_LINE = '{"type":"Feature","properties":{"n":%s},"geometry":{"type":"Point","coordinates":[1,2]}}\n'


def table(*values: object) -> Seen:
    return seen({"n": values}, [shapely.Point(1, 2)] * len(values))


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Two rows as they should come."""
    path = tmp_path / "a.geojsonl"
    path.write_text(_LINE % 1 + _LINE % 2)
    return path


def test_the_rows_that_another_reader_sees_are_right(source: Path) -> None:
    assert judged(Came(table=table(2, 1)), None, _FORM, source) == (RIGHT, None)


def test_a_lost_row_is_noticed_even_where_it_is_told(source: Path) -> None:
    assert judged(Came(table=table(1), lossy=["a row"]), None, _FORM, source) == (TOLD, "1 rows, not 2")


def test_another_value_is_noticed(source: Path) -> None:
    assert judged(Came(table=table(1, 3)), None, _FORM, source)[1] is not None


def test_another_value_that_is_told_may_come(source: Path) -> None:
    assert judged(Came(table=table(1, 3), lossy=["column n"]), None, _FORM, source) == (TOLD, None)


def test_going_on_where_another_reader_raises_is_noticed(source: Path) -> None:
    source.write_text(_LINE % 1 + _LINE % 2 + '{"type"')
    _, wrong = judged(Came(table=table(1, 2)), table(1, 2, 3), _FORM, source)
    assert str(wrong).startswith("1 rows lost where another reader says JSONDecodeError")


@pytest.mark.parametrize("message", ["it cannot be read", "a.geojsonl: Traceback (most recent call last)"])
def test_a_failure_that_does_not_name_the_file_is_noticed(message: str, source: Path) -> None:
    assert judged(Came(message=message), None, _FORM, source)[1] is not None


def test_a_failure_that_names_the_file_is_none_to_notice(source: Path) -> None:
    assert judged(Came(message="a.geojsonl cannot be read"), None, _FORM, source) == (NAMED, None)


def test_an_end_by_a_library_is_counted_apart(source: Path) -> None:
    came = Came(message="the process was ended by SIGSEGV; it was at work on a.geojsonl", is_crash=True)
    assert judged(came, None, _FORM, source) == (CRASHED, None)


def test_an_error_that_is_not_told_to_people_is_noticed(source: Path) -> None:
    assert judged(Came(broken="KeyError: 'x'"), None, _FORM, source)[1] == "KeyError: 'x'"


def test_a_place_elsewhere_is_a_difference() -> None:
    assert difference(seen({}, [shapely.Point(1, 2)]), seen({}, [shapely.Point(1, 3)])) is not None


def test_what_ends_a_process_does_not_end_the_tests() -> None:
    assert apart(lambda: shapely.from_wkb(b""))[0] is None


def test_an_endless_reader_comes_to_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.properties.engine._CPU_SECONDS", 1)
    assert apart(_forever) == (None, "came to no end")


def _forever() -> None:
    while True:
        pass


def test_the_same_seed_damages_the_same_bytes() -> None:
    first, second = (verdict("csv", 7) for _ in range(2))
    assert (first.damage, first.ended) == (second.damage, second.ended)


def test_an_oracle_refuses_what_is_no_shapefile(tmp_path: Path) -> None:
    path = FORMATS["shapefile"].make(tmp_path)
    path.write_bytes(path.read_bytes()[:-8])
    with pytest.raises(Broken):
        FORMATS["shapefile"].oracle(path)
