from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from fused_spec.api.logs.cursor import LogCursor
from fused_spec.wire import LogLine


def line(timestamp: int, message: str = "m") -> LogLine:
    return LogLine({"timestamp": timestamp, "message": message})


def test_the_first_piece_is_everything() -> None:
    cursor = LogCursor()
    assert cursor.since_ms is None
    assert cursor.take([line(1), line(2)]) == [line(1), line(2)]


def test_an_empty_log_moves_nothing() -> None:
    cursor = LogCursor()
    cursor.take([])
    assert cursor.since_ms is None


def test_the_next_piece_begins_before_the_newest_line() -> None:
    cursor = LogCursor(overlap_ms=100)
    cursor.take([line(1000)])
    assert cursor.since_ms == 900


def test_lines_at_the_edge_come_once() -> None:
    cursor = LogCursor()
    cursor.take([line(1, "a"), line(2, "b")])
    assert cursor.take([line(1, "a"), line(2, "b"), line(2, "c")]) == [line(2, "c")]


def test_equal_lines_are_told_apart_by_their_number() -> None:
    cursor = LogCursor()
    cursor.take([line(1), line(1)])
    assert cursor.take([line(1), line(1), line(1)]) == [line(1)]


def test_a_late_line_is_taken_and_does_not_move_back() -> None:
    cursor = LogCursor(overlap_ms=10)
    cursor.take([line(100)])
    assert cursor.take([line(95), line(100)]) == [line(95)]
    assert cursor.since_ms == 90


def test_lines_that_a_piece_lacks_are_not_new_afterwards() -> None:
    cursor = LogCursor()
    cursor.take([line(1, "a"), line(2, "b")])
    cursor.take([line(2, "b")])
    assert cursor.take([line(1, "a"), line(2, "b")]) == []


@given(
    steps=st.lists(st.tuples(st.integers(0, 3), st.sampled_from("ab")), max_size=40),
    cuts=st.sets(st.integers(0, 40)),
    inclusive=st.booleans(),
)
def test_every_line_is_taken_once_however_the_log_is_cut(
    steps: list[tuple[int, str]], cuts: set[int], inclusive: bool
) -> None:
    now, log = 1000, []
    for step, message in steps:
        now += step
        log.append(line(now, message))
    cursor, taken = LogCursor(overlap_ms=4), []
    for end in sorted({cut for cut in cuts if cut <= len(log)} | {len(log)}):
        since = cursor.since_ms
        floor = -1 if since is None else since if inclusive else since + 1
        taken += cursor.take([entry for entry in log[:end] if entry.timestamp >= floor])
    assert Counter(map(str, taken)) == Counter(map(str, log))
