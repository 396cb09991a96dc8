"""Which value of a token counts, and until when the ones before it may be used."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from fused_spec.reconcile.marking.marker import FIELD
from fused_spec.reconcile.saved.editions import Editions, edition_marker, edition_of, editions_of
from fused_spec.spec.model import Key, Kind
from fused_spec.wire import UdfAccessToken

KEY = Key(kind=Kind.TOKEN, name="tiles")
NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)


def token(value: str, number: int, *, enabled: bool = True, until: datetime | None = None) -> UdfAccessToken:
    marker = edition_marker("ours", KEY, protect=False, number=number, nonce=f"n{number}", made=NOW, former_until=until)
    return with_marker(value, marker, enabled=enabled)


def with_marker(value: str, marker: Any, *, enabled: bool = True) -> UdfAccessToken:
    return UdfAccessToken(token=value, enabled=enabled, metadata_json={FIELD: marker}, last_updated=NOW)


def editions(*tokens: UdfAccessToken, unfinished: tuple[str, ...] = ()) -> Editions:
    return editions_of(tokens, "ours", (KEY,), unfinished)


def values(found: Any) -> list[str]:
    return [edition.value for edition in found]


def test_the_newest_enabled_value_counts() -> None:
    found = editions(token("a", 1), token("c", 3, enabled=False), token("b", 2))
    assert (found.current and found.current.value, found.next_number) == ("b", 4)


def test_a_value_whose_making_did_not_end_counts_for_nothing() -> None:
    found = editions(token("a", 1), token("b", 2), unfinished=("n2",))
    assert (values(found.enabled), values(found.to_disable(NOW)), found.next_number) == (["a"], ["b"], 3)


def test_a_former_value_is_due_at_once_without_an_overlap() -> None:
    assert values(editions(token("a", 1), token("b", 2)).due(NOW)) == ["a"]


def test_a_former_value_is_due_when_its_overlap_ends() -> None:
    found = editions(token("a", 1), token("b", 2, until=NOW + timedelta(hours=1)))
    assert values(found.due(NOW)) == []
    assert values(found.due(NOW + timedelta(hours=1))) == ["a"]


def test_a_later_rotation_never_lengthens_an_overlap() -> None:
    soon, late = NOW + timedelta(hours=1), NOW + timedelta(hours=9)
    found = editions(token("a", 1), token("b", 2, until=soon), token("c", 3, until=late))
    assert [(edition.value, until) for edition, until in found.former()] == [("b", late), ("a", soon)]


def test_a_token_without_a_number_is_the_oldest() -> None:
    old = {name: what for name, what in token("x", 0).metadata_json[FIELD].items() if name in ("v", "id", "project")}  # type: ignore[index]
    found = editions(with_marker("old", old), token("new", 1))
    assert values(found.known) == ["new", "old"]
    assert found.known[1].made == NOW


@pytest.mark.parametrize("nonsense", [{"number": "2"}, {"number": True}, {"made": "yesterday"}, {"former_until": 7}])
def test_what_is_not_right_about_a_marker_is_left_out(nonsense: dict[str, Any]) -> None:
    read = edition_of(with_marker("a", {"v": 1, **nonsense}))
    assert (read.number, read.made, read.former_until) == (0, NOW, None)


def test_a_marker_names_nothing() -> None:
    assert "tiles" not in str(token("a", 1).metadata_json)


def test_no_representation_holds_a_value() -> None:
    assert "fsh_example" not in repr(editions(token("fsh_example", 1)))
