"""Which thing a key meant at a time, by the specs and by what applies wrote down."""

from datetime import UTC, datetime

import pytest

from fused_spec.messages.diagnostics import Location
from fused_spec.spec.model import DesiredJob, DesiredUdf, Key, Kind
from fused_spec.spec.relations.digest import digest
from fused_spec.spec.relations.moves import Move, Moves, contradictions
from fused_spec.spec.relations.outputs import with_outputs_in_digests

STEPS = {"config": {"steps": [{"type": "udf", "udf": {"code": "x"}}]}}


def key(name: str) -> Key:
    return Key(kind=Kind.JOB, name=name)


def job(name: str, *former: str, reads: tuple[str, ...] = (), line: int = 1) -> DesiredJob:
    return DesiredJob(
        key=key(name),
        payload=STEPS,
        digest=digest(STEPS),
        origin=Location(path="specs/a.yaml", line=line, column=1),
        former=tuple(map(key, former)),
        needs=tuple(map(key, reads)),
        reads=tuple(map(key, reads)),
    )


def day(number: int) -> datetime:
    return datetime(2031, 5, number, tzinfo=UTC)


def move(before: str, after: str, on: int) -> Move:
    return Move(key(before), key(after), day(on))


def now(moves: Moves, name: str, on: int | None = None) -> str:
    return moves.key_of(key(name), None if on is None else day(on)).name


def test_without_moves_everything_is_what_it_is_called() -> None:
    assert (bool(Moves([job("a")])), now(Moves([job("a")]), "b")) == (False, "b")


def test_a_line_says_what_a_name_is_now() -> None:
    assert now(Moves([job("c", "b", "a")]), "a") == "c"


def test_what_was_written_down_is_followed_to_what_is_declared() -> None:
    moves = Moves([job("c")], [move("a", "b", 1), move("b", "c", 2)])
    assert [now(moves, name) for name in "abc"] == ["c", "c", "c"]


def test_a_line_goes_on_from_what_was_written_down() -> None:
    moves = Moves([job("c", "b")], [move("a", "b", 1)])
    assert (now(moves, "a"), moves.new()) == ("c", ((key("b"), key("c")),))


def test_a_late_run_under_a_former_name_is_the_same_job() -> None:
    assert now(Moves([job("b")], [move("a", "b", 1)]), "a", on=9) == "b"


def test_a_name_that_is_used_again_has_the_runs_of_its_own_time_alone() -> None:
    moves = Moves([job("a"), job("b")], [move("a", "b", 5)])
    assert (now(moves, "a", on=1), now(moves, "a", on=9)) == ("b", "a")


def test_what_was_used_again_and_renamed_again_is_told_apart_by_time() -> None:
    moves = Moves([job("b"), job("c")], [move("a", "b", 3), move("a", "c", 6)])
    assert [now(moves, "a", on=on) for on in (1, 5)] == ["b", "c"]


def test_who_does_not_know_of_the_move_sees_what_ran_under_the_new_name() -> None:
    moves = Moves([job("a")], [move("a", "b", 1), move("b", "c", 2)])
    assert [now(moves, name) for name in "abc"] == ["a", "a", "a"]


def test_what_was_renamed_back_has_all_of_it() -> None:
    moves = Moves([job("a")], [move("a", "b", 1), move("b", "a", 2)])
    assert [now(moves, name, on=on) for name, on in (("a", 1), ("b", 1), ("a", 9))] == ["a", "a", "a"]


def test_what_nothing_declares_is_called_by_its_newest_name() -> None:
    moves = Moves(recorded=[move("a", "b", 1), move("b", "c", 2)])
    assert (now(moves, "a"), {one.name for one in moves.names_of(key("c"))}) == ("c", {"a", "b", "c"})


def test_moves_in_a_circle_end() -> None:
    moves = Moves(recorded=[move("a", "b", 1), move("b", "a", 2)])
    assert {now(moves, "a"), now(moves, "b")} <= {"a", "b"}


def test_only_what_nobody_wrote_down_is_new() -> None:
    specs = [job("b", "a"), job("y", "x")]
    assert Moves(specs, [move("a", "b", 1)]).new() == ((key("x"), key("y")),)


def test_names_are_known_from_the_newest_to_the_first_and_on_to_what_others_call_it() -> None:
    moves = Moves([job("c", "b")], [move("a", "b", 1), move("c", "d", 2)])
    assert [one.name for one in moves.names_of(key("c"))] == ["c", "b", "a", "d"]


def readers(*jobs: DesiredJob) -> dict[str, DesiredJob]:
    done = with_outputs_in_digests(jobs)
    return {one.key.name: one for one in done if isinstance(one, DesiredJob)}


def test_the_digest_of_a_reader_is_known_with_a_former_name_of_what_it_reads() -> None:
    before = readers(job("counties"), job("report", reads=("counties",)))["report"]
    after = readers(job("us-counties", "counties"), job("report", reads=("us-counties",)))
    assert before.digest != after["report"].digest
    assert Moves(after.values()).digest_of(key("report"), before.digest) == after["report"].digest


def test_the_digest_of_a_reader_of_a_reader_is_known_too() -> None:
    before = readers(job("a"), job("b", reads=("a",), line=2), job("c", reads=("b",), line=3))["c"]
    after = readers(job("x", "a"), job("y", "b", reads=("x",), line=2), job("c", reads=("y",), line=3))
    assert Moves(after.values()).digest_of(key("c"), before.digest) == after["c"].digest


@pytest.mark.parametrize("names", [("a", "y"), ("x", "b"), ("a", "b"), ("x", "y")])
def test_of_two_that_were_renamed_each_may_have_had_either_name(names: tuple[str, str]) -> None:
    before = readers(job(names[0]), job(names[1], line=2), job("c", reads=names, line=3))["c"]
    after = readers(job("x", "a"), job("y", "b", line=2), job("c", reads=("x", "y"), line=3))
    assert Moves(after.values()).digest_of(key("c"), before.digest) == after["c"].digest


def test_the_cells_of_a_document_had_their_names_together() -> None:
    cells = range(200)
    old = [job(f"tiles-{cell}") for cell in cells]
    new = [job(f"raster-{cell}", f"tiles-{cell}") for cell in cells]
    before = readers(*old, job("all", reads=tuple(one.key.name for one in old), line=9))["all"]
    after = readers(*new, job("all", reads=tuple(one.key.name for one in new), line=9))
    assert Moves(after.values()).digest_of(key("all"), before.digest) == after["all"].digest


def test_many_that_were_renamed_at_once_are_known_at_once() -> None:
    many = range(30)
    before = readers(*(job(f"a{one}", line=one) for one in many), job("z", reads=tuple(f"a{one}" for one in many)))["z"]
    after = readers(
        *(job(f"b{one}", f"a{one}", line=one + 1) for one in many), job("z", reads=tuple(f"b{one}" for one in many))
    )
    assert Moves(after.values()).digest_of(key("z"), before.digest) == after["z"].digest


def test_another_digest_stays_another() -> None:
    after = readers(job("x", "a"), job("c", reads=("x",), line=2))
    assert Moves(after.values()).digest_of(key("c"), "d1:other") == "d1:other"


def test_a_saved_udf_keeps_its_first_slug_unless_its_spec_says_one() -> None:
    def udf(*, says: bool) -> DesiredUdf:
        return DesiredUdf(
            key=Key(kind=Kind.UDF, name="c"),
            payload={"slug": "c", "udf": {}},
            digest="d1:c",
            origin=Location(path="specs/a.yaml"),
            says_slug=says,
        )

    recorded = [Move(Key(kind=Kind.UDF, name="a"), Key(kind=Kind.UDF, name="c"), day(1))]
    slugs = [one.payload["slug"] for says in (False, True) for one in Moves([udf(says=says)], recorded).desired]
    assert slugs == ["a", "c"]


def test_a_name_that_something_else_had_is_told_with_both_places() -> None:
    specs = [job("b"), job("c", "a", line=7)]
    [problem] = contradictions(specs, [move("a", "b", 1)], place="archive/moves")
    assert (problem.code, problem.location.line) == ("moved-name", 7)
    assert problem.message == 'two were called "a": Job/c, and Job/b, as archive/moves has it of 2031-05-01'


def test_a_name_whose_heir_is_gone_may_be_claimed() -> None:
    specs = [job("c", "a")]
    assert list(contradictions(specs, [move("a", "b", 1)], place="archive")) == []
    assert now(Moves(specs, [move("a", "b", 1)]), "a", on=1) == "c"
