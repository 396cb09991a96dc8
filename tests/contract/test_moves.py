"""Names change and nothing runs again: specs, the real service in memory, and jobs that run in real processes."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from fused_spec.plan.actions import Action, Reason
from fused_spec.plan.model import Plan, Requests
from fused_spec.reconcile.applying.options import Options
from fused_spec.reconcile.applying.outcome import OutcomeStatus
from fused_spec.reconcile.journal.intents import Attempt
from fused_spec.reconcile.marking.marker import FIELD, marker_in
from fused_spec.service.app import create_app
from fused_spec.spec.model import Key, Kind
from fused_spec.views.text.plans import plan_text
from tests.asgi import AsgiAdapter
from tests.contract.world import SERVED, SLOW, TOKEN, UDF, World, job

TABLE = """\
---
apiVersion: fused-spec/v1
kind: Job
metadata: {name: NAME}
spec:
  output: fd://demo/counties/
  config: {steps: [{type: udf, udf: {file: FILE}}]}
"""
READER = """\
---
apiVersion: fused-spec/v1
kind: Job
metadata: {name: NAME}
spec:
  output: fd://demo/NAME/
  config:
    steps: [{type: udf, udf: {file: reader.py, parameters: {table: {output_of: TABLE}}}}]
"""
READ = "@fused.udf\ndef udf(table: str):\n    return len(table)\n"
MATRIX = """\
apiVersion: fused-spec/v1
kind: Job
metadata: {name: NAME}
matrix: {DIMENSIONS}
spec:
  config: {steps: [{type: udf, udf: {file: area.py, parameters: {n: "${matrix.month}"}}}]}
"""
NO_WAIT = Options(wait=False, poll=(0.02, 0.2))


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with AsgiAdapter(create_app(tmp_path / "state", TOKEN)) as service:
        made = World(tmp_path / "project", service)
        made.write("specs/reader.py", READ)
        yield made


def named(template: str, name: str, *former: str, file: str = "area.py", table: str = "counties") -> str:
    said = f"{name}, moved_from: [{', '.join(former)}]" if former else name
    return (
        template.replace("{name: NAME}", f"{{name: {said}}}")
        .replace("fd://demo/NAME/", "fd://demo/report/")
        .replace("TABLE", table)
        .replace("FILE", file)
    )


def declare(world: World, *documents: str) -> None:
    world.write("specs/jobs.yaml", "".join(documents))


def whys(plan: Plan) -> dict[str, tuple[Action, str]]:
    return {change.key.name: (change.action, change.why) for change in plan.changes}


def runs_of(world: World) -> list[str]:
    """The names under which runs were started, the first one first."""
    markers = [marker_in(world.api.get_job_config(job_id).metadata) for job_id in reversed(world.job_ids())]
    return [marker.key.name for marker in markers if marker is not None]


def test_a_renamed_job_and_all_that_reads_it_stay_as_they_are(world: World) -> None:
    declare(world, named(TABLE, "counties"), named(READER, "report"))
    world.apply()
    declare(world, named(TABLE, "us-counties", "counties"), named(READER, "report", table="us-counties"))
    plan = world.plan()
    assert whys(plan) == {"us-counties": (Action.NONE, "up to date"), "report": (Action.NONE, "up to date")}
    assert "Renamed: Job/counties is us-counties now" in plan_text(plan)


def test_a_chain_of_readers_stays_when_its_first_and_its_middle_are_renamed(world: World) -> None:
    last = named(READER, "last", table="report").replace("demo/report/", "demo/last/")
    declare(world, named(TABLE, "counties"), named(READER, "report"), last)
    world.apply()
    declare(
        world,
        named(TABLE, "us-counties", "counties"),
        named(READER, "summary", "report", table="us-counties"),
        last.replace("output_of: report", "output_of: summary"),
    )
    assert {action for action, _ in whys(world.plan()).values()} == {Action.NONE}


def test_an_apply_writes_the_move_down_and_the_line_may_go(world: World) -> None:
    declare(world, named(TABLE, "counties"), named(READER, "report"))
    world.apply()
    declare(world, named(TABLE, "us-counties", "counties"), named(READER, "report", table="us-counties"))
    world.apply()
    declare(world, named(TABLE, "us-counties"), named(READER, "report", table="us-counties"))
    plan = world.plan()
    assert {action for action, _ in whys(plan).values()} == {Action.NONE}
    assert plan.moved == ()
    declare(world, named(TABLE, "all-counties", "us-counties"), named(READER, "report", table="all-counties"))
    plan = world.plan()
    assert {action for action, _ in whys(plan).values()} == {Action.NONE}
    assert [after.name for _, after in plan.moved] == ["all-counties"]


def test_writing_a_move_down_again_changes_nothing(world: World) -> None:
    pair = [(Key(kind=Kind.JOB, name="counties"), Key(kind=Kind.JOB, name="us-counties"))]
    for year in (2031, 2032):
        world.recorded.record(pair, datetime(year, 5, 1, tzinfo=UTC))
    [move] = world.recorded.all()
    assert (move.before.name, move.after.name, move.at.year) == ("counties", "us-counties", 2031)


def test_a_rename_with_another_change_runs_what_changed_alone(world: World) -> None:
    declare(world, named(TABLE, "counties"), named(READER, "report"))
    world.apply()
    world.write("specs/reader.py", READ + "\n# other\n")
    declare(world, named(TABLE, "us-counties", "counties"), named(READER, "summary", "report", table="us-counties"))
    plan = world.plan()
    told = whys(plan)
    assert told["us-counties"] == (Action.NONE, "up to date")
    assert told["summary"] == (Action.START, "spec changed: specs/reader.py")
    assert "renamed from report" in plan_text(plan)
    outcome = world.carry_out(plan)["Job/summary"]
    assert outcome.status is OutcomeStatus.SUCCEEDED
    assert runs_of(world) == ["counties", "report", "summary"]
    assert {action for action, _ in whys(world.plan()).values()} == {Action.NONE}


def test_a_run_that_goes_on_is_followed_under_its_new_name(world: World) -> None:
    world.write("specs/slow.py", SLOW)
    declare(world, named(TABLE, "counties", file="slow.py"))
    first = world.apply(NO_WAIT)["Job/counties"].job_id
    declare(world, named(TABLE, "us-counties", "counties", file="slow.py"))
    plan = world.plan(Requests(prune=True))
    assert [(change.key.name, change.action, change.job_id) for change in plan.changes] == [
        ("us-counties", Action.ATTACH, first)
    ]
    world.api.cancel_job(str(first))


def test_a_prune_spares_what_specs_that_were_not_given_say_was_called_so(world: World) -> None:
    world.write("specs/slow.py", SLOW)
    declare(world, named(TABLE, "counties", file="slow.py"))
    first = world.apply(NO_WAIT)["Job/counties"].job_id
    declare(world, job("other"))
    world.write("more/jobs.yaml", named(TABLE, "us-counties", "counties", file="slow.py"))
    plan = world.plan(Requests(prune=True))
    assert [change.key.name for change in plan.changes] == ["other"]
    world.api.cancel_job(str(first))


def test_an_intent_that_is_open_under_the_old_name_is_settled_and_attached_to(world: World) -> None:
    world.write("specs/slow.py", SLOW)
    declare(world, named(TABLE, "counties", file="slow.py"))
    first = str(world.apply(NO_WAIT)["Job/counties"].job_id)
    marker = marker_in(world.api.get_job_config(first).metadata)
    assert marker is not None
    attempt = Attempt(
        key=marker.key, digest=marker.digest, number=1, nonce=marker.nonce, sent=marker.sent, reads=marker.reads
    )
    journal = world.site().journal
    [name] = [name for name in world.store.names("") if name.endswith(".started")]
    world.store.remove(name)
    journal.intend(attempt)
    declare(world, named(TABLE, "us-counties", "counties", file="slow.py"))
    outcomes = world.apply(NO_WAIT)
    assert outcomes["Job/us-counties"].job_id == first
    assert (world.job_ids(), journal.open_intents()) == ([first], [])
    world.api.cancel_job(first)


def test_a_start_that_another_machine_made_under_the_old_name_meanwhile_is_this_one(world: World) -> None:
    declare(world, named(TABLE, "us-counties", "counties"))
    plan = world.plan()
    declare(world, named(TABLE, "counties"))
    first = world.apply()["Job/counties"].job_id
    declare(world, named(TABLE, "us-counties", "counties"))
    assert world.carry_out(plan)["Job/us-counties"].job_id == first
    assert runs_of(world) == ["counties"]


def test_of_two_starts_under_both_names_the_first_counts(world: World) -> None:
    world.write("specs/slow.py", SLOW)
    declare(world, named(TABLE, "counties", file="slow.py"))
    first = str(world.apply(NO_WAIT)["Job/counties"].job_id)
    declare(world, named(TABLE, "us-counties", "counties", file="slow.py"))
    config = world.api.get_job_config(first)
    told = {**(config.metadata or {})[FIELD], "name": "us-counties", "nonce": "another"}
    second = world.api.start_job(config.model_copy(update={"metadata": {FIELD: told}})).job_id
    changes = {change.job_id: (change.action, change.reason) for change in world.plan().changes}
    assert changes == {
        first: (Action.ATTACH, Reason.IN_FLIGHT),
        second: (Action.CANCEL, Reason.STARTED_TWICE),
    }
    for job_id in (first, second):
        world.api.cancel_job(job_id)


def test_after_the_move_was_taken_back_what_ran_under_the_new_name_is_not_forgotten(world: World) -> None:
    declare(world, named(TABLE, "counties"))
    world.apply()
    world.write("specs/area.py", world.folder.joinpath("specs/area.py").read_text() + "# other\n")
    declare(world, named(TABLE, "us-counties", "counties"))
    world.apply()
    world.write("specs/area.py", UDF)
    declare(world, named(TABLE, "counties"))
    assert whys(world.plan())["counties"] == (Action.START, "spec changed: specs/area.py")


def test_who_does_not_know_of_the_move_yet_starts_nothing_either(world: World) -> None:
    declare(world, named(TABLE, "counties"))
    world.apply()
    declare(world, named(TABLE, "us-counties", "counties"))
    world.apply()
    declare(world, named(TABLE, "counties"))
    assert whys(world.plan()) == {"counties": (Action.NONE, "up to date")}


def test_what_was_renamed_back_keeps_all_that_it_ran(world: World) -> None:
    declare(world, named(TABLE, "counties"))
    world.apply()
    declare(world, named(TABLE, "us-counties", "counties"))
    world.apply()
    world.apply(requests=Requests(rerun=frozenset({"us-counties"})))
    declare(world, named(TABLE, "counties", "us-counties"))
    plan = world.plan()
    assert whys(plan) == {"counties": (Action.NONE, "up to date")}
    assert plan.changes[0].renamed_from == "us-counties"
    world.carry_out(plan)
    declare(world, named(TABLE, "counties"))
    assert whys(world.plan()) == {"counties": (Action.NONE, "up to date")}


def test_receipts_under_the_old_name_count_when_the_history_is_gone(world: World, tmp_path: Path) -> None:
    declare(world, named(TABLE, "counties"), named(READER, "report"))
    world.apply()
    with AsgiAdapter(create_app(tmp_path / "other", TOKEN)) as service:
        forgetful = World(world.folder, service)
        forgetful.write("specs/reader.py", READ)
        declare(forgetful, named(TABLE, "us-counties", "counties"), named(READER, "report", table="us-counties"))
        plan = forgetful.plan()
        assert whys(plan) == {
            "us-counties": (Action.NONE, "finished earlier, known from the archive"),
            "report": (Action.NONE, "finished earlier, known from the archive"),
        }
        outcome = forgetful.carry_out(plan)["Job/us-counties"]
        assert outcome.archive is not None
        assert Path(outcome.archive).is_dir()


def test_a_job_that_runs_again_counts_its_attempts_on(world: World) -> None:
    declare(world, named(TABLE, "counties"))
    world.apply()
    declare(world, named(TABLE, "us-counties", "counties"))
    world.apply(requests=Requests(rerun=frozenset({"us-counties"})))
    newest = marker_in(world.api.get_job_config(world.job_ids()[0]).metadata)
    assert newest is not None
    assert (newest.key.name, newest.attempt) == ("us-counties", 2)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (("tiles", "month: [1, 2]"), ("raster, moved_from: [tiles]", "month: [1, 2]")),
        (("tiles", "month: [1, 2]"), ('tiles, moved_from: ["tiles-${matrix.month}"]', "month: [1, 2], region: [de]")),
        (
            ("tiles", "month: [1, 2], region: [de]"),
            ('tiles, moved_from: ["tiles-${matrix.month}-${matrix.area}"]', "month: [1, 2], area: [de]"),
        ),
        (
            ("tiles", "month: [1, 2]"),
            (
                'tiles, moved_from: [{name: "tiles-${matrix.month}", where: {region: de}}]',
                "month: [1, 2], region: [de, fr]",
            ),
        ),
    ],
    ids=["the matrix", "a dimension more", "a dimension", "a dimension more, of which some cells were there"],
)
def test_cells_keep_what_they_ran(world: World, before: tuple[str, str], after: tuple[str, str]) -> None:
    world.write("specs/jobs.yaml", MATRIX.replace("NAME", before[0]).replace("DIMENSIONS", before[1]))
    world.apply()
    world.write("specs/jobs.yaml", MATRIX.replace("NAME", after[0]).replace("DIMENSIONS", after[1]))
    told = whys(world.plan())
    assert {name for name, (action, _) in told.items() if action is not Action.NONE} == {
        name for name in told if name.endswith("-fr")
    }


def test_a_renamed_udf_and_its_token_stay_as_they_are(world: World) -> None:
    world.write("specs/at.py", "@fused.udf\ndef udf():\n    return 1\n")
    world.write("specs/served.yaml", SERVED)
    world.apply()
    [saved] = world.api.get_udfs(n=None)
    said = SERVED.replace("name: at", "name: county-at, moved_from: [at]").replace("ref: at", "ref: county-at")
    world.write("specs/served.yaml", said.replace("name: public", "name: open, moved_from: [public]"))
    assert whys(world.plan()) == {"county-at": (Action.NONE, "up to date"), "open": (Action.NONE, "up to date")}
    world.apply()
    world.write("specs/served.yaml", said.replace(", moved_from: [at]", "").replace("name: public", "name: open"))
    assert whys(world.plan()) == {"county-at": (Action.NONE, "up to date"), "open": (Action.NONE, "up to date")}
    world.write("specs/at.py", "@fused.udf\ndef udf():\n    return 2\n")
    world.apply()
    [again] = world.api.get_udfs(n=None)
    assert (again.id, again.slug) == (saved.id, "at")
    assert len(world.api.get_udf_access_tokens(n=None)) == 1
    assert {action for action, _ in whys(world.plan()).values()} == {Action.NONE}


def test_a_prune_spares_a_token_that_was_renamed_in_specs_that_were_not_given(world: World) -> None:
    world.write("specs/at.py", "@fused.udf\ndef udf():\n    return 1\n")
    world.write("specs/served.yaml", SERVED)
    world.apply()
    renamed = SERVED.replace("name: public", "name: open, moved_from: [public]")
    world.write("specs/served.yaml", renamed)
    world.apply()
    (world.folder / "specs/served.yaml").unlink()
    world.write("more/at.py", "@fused.udf\ndef udf():\n    return 1\n")
    world.write("more/served.yaml", renamed.replace(", moved_from: [public]", ""))
    declare(world, job("other"))
    plan = world.plan(Requests(prune=True))
    assert [change.key.name for change in plan.changes] == ["other"]
