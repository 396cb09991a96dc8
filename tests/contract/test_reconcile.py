"""Specs from files, planned and applied to the real service in memory, whose jobs run in real processes."""

import gzip
import json
import stat
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
import requests
from msgspec import structs
from msgspec.structs import replace

from fused_spec.plan.actions import Action
from fused_spec.plan.model import Plan, Requests
from fused_spec.reconcile.applying.apply import apply
from fused_spec.reconcile.applying.events import Attached, Finished, Started, Uploaded
from fused_spec.reconcile.applying.options import Options
from fused_spec.reconcile.applying.outcome import OutcomeStatus, exit_code
from fused_spec.reconcile.journal.intents import Attempt, Journal
from fused_spec.reconcile.marking.marker import marker_in
from fused_spec.reconcile.site import World as Time
from fused_spec.service.app import create_app
from fused_spec.spec.model import Key, Kind
from fused_spec.views.text.plans import plan_text
from tests.archived import archived
from tests.asgi import AsgiAdapter
from tests.contract.world import FAILING, FAST, SCOPE, SLOW, TOKEN, UDF, World, job
from tests.waiting import PATIENCE


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with AsgiAdapter(create_app(tmp_path / "state", TOKEN)) as service:
        yield World(tmp_path / "project", service)


def actions(plan: Plan) -> list[Action]:
    return [change.action for change in plan.changes]


def test_after_an_apply_the_plan_is_empty(world: World) -> None:
    world.write("specs/a.yaml", job())
    [outcome] = world.apply().values()
    assert outcome.status is OutcomeStatus.SUCCEEDED
    assert not world.plan().has_changes


def test_a_second_apply_sends_no_start(world: World) -> None:
    world.write("specs/a.yaml", job())
    first = world.apply()["Job/areas"]
    again = world.apply()["Job/areas"]
    assert (again.status, again.job_id) == (OutcomeStatus.UNCHANGED, first.job_id)
    assert world.service.seen.count("POST /server/v1/run") == 1


def test_a_changed_udf_plans_one_run_and_names_its_file(world: World) -> None:
    world.write("specs/other.py", UDF)
    world.write("specs/a.yaml", job() + job("others", "other.py"))
    world.apply()
    world.write("specs/area.py", UDF.replace("n={n}", "n: {n}"))
    changed = world.plan()
    assert actions(changed) == [Action.START, Action.NONE]
    assert changed.changes[0].why == "spec changed: specs/area.py"


_EDITS = [
    ("specs/area.py", UDF, UDF.rstrip("\n"), "\\ No newline at end of file"),
    ("specs/area.py", UDF, UDF.replace("n={n}", "n=\f{n}"), "\\x0c"),
    ("specs/area.py", UDF, UDF.replace("n={n}", "n={n}\u2028"), "\\u2028"),
    ("specs/a.yaml", job(parameters="{n: null}"), job(), '{"n": null} → (absent)'),
    ("specs/a.yaml", job(parameters="{n: 1}"), job(parameters="{n: null}"), "n: 1 → null"),
    ("specs/a.yaml", job(parameters="{n: 1}"), job(parameters="{n: 1.0}"), "n: 1 → 1.0"),
]


@pytest.mark.parametrize(("file", "before", "after", "shown"), _EDITS, ids=[ascii(shown) for *_, shown in _EDITS])
def test_a_change_shows_what_changed(world: World, file: str, before: str, after: str, shown: str) -> None:
    world.write("specs/a.yaml", job())
    world.write(file, before)
    world.apply()
    world.write(file, after)
    planned = world.plan()
    assert actions(planned) == [Action.START]
    assert shown in plan_text(planned)


def test_a_spec_that_is_changed_back_runs_once_more_and_is_then_up_to_date(world: World) -> None:
    world.write("specs/a.yaml", job())
    for version in (1, 2, 1):
        world.write("specs/area.py", UDF.replace("n: int = 1", f"n: int = {version}"))
        assert world.apply()["Job/areas"].status is OutcomeStatus.SUCCEEDED
    assert not world.plan().has_changes
    assert len(world.job_ids()) == 3


def test_a_run_in_flight_of_a_spec_that_was_changed_back_is_attached_to(world: World) -> None:
    world.write("specs/area.py", SLOW)
    world.write("specs/a.yaml", job())
    runs = []
    for disk in (5, 6, 5):
        world.write("specs/a.yaml", job(more=f"  disk_size_gb: {disk}\n"))
        runs.append(world.apply(Options(wait=False, poll=(0.02, 0.2)))["Job/areas"].job_id)
    made = world.plan()
    assert [(change.action, change.job_id) for change in made.changes] == [(Action.ATTACH, runs[2])]
    world.api.cancel_job(str(runs[2]))


def test_a_spec_that_is_changed_back_runs_when_its_replacement_never_did(world: World) -> None:
    world.write("specs/area.py", SLOW)
    world.write("specs/a.yaml", job())
    world.apply(Options(wait=False, poll=(0.02, 0.2)))
    world.write("specs/a.yaml", job(more="  disk_size_gb: 6\n"))
    world.service.answer(422, {}, method="POST", path="/run")
    assert world.apply()["Job/areas"].status is OutcomeStatus.FAILED
    world.write("specs/a.yaml", job())
    assert world.apply(Options(wait=False, poll=(0.02, 0.2)))["Job/areas"].status is OutcomeStatus.RUNNING
    newest = world.api.get_job_config(world.job_ids()[0])
    assert [(one.attempt, one.tries) for one in [marker_in(newest.metadata)] if one] == [(2, 1)]


def test_a_run_that_a_person_cancelled_long_after_it_was_nearly_replaced_is_held(world: World) -> None:
    world.write("specs/area.py", SLOW)
    world.write("specs/a.yaml", job())
    started = world.apply(Options(wait=False, poll=(0.02, 0.2)))["Job/areas"]
    [run] = world.history().runs[Key(kind=Kind.JOB, name="areas")]
    world.site().journal.replacing(run, run.created - timedelta(minutes=6))
    world.api.cancel_job(str(started.job_id))
    world.api.wait_for_job(str(started.job_id), poll_interval_seconds=0.05, timeout=PATIENCE)
    assert world.apply()["Job/areas"].status is OutcomeStatus.HELD


def test_a_replaced_run_uses_up_no_retries(world: World) -> None:
    world.write("specs/area.py", SLOW)
    world.write("specs/a.yaml", job())
    for asked in (Requests(), Requests(rerun=frozenset({"areas"}))):
        newest = world.apply(Options(wait=False, poll=(0.02, 0.2)), asked)["Job/areas"]
    found = marker_in(world.api.get_job_config(str(newest.job_id)).metadata)
    assert found is not None
    assert (found.attempt, found.tries) == (2, 1)
    world.api.cancel_job(str(newest.job_id))


def test_successes_use_up_no_retries(world: World) -> None:
    world.write("specs/a.yaml", job(more="  run: {when: always, on_failure: retry, retries: 1}\n"))
    for _ in range(3):
        world.apply()
    markers = [marker_in(world.api.get_job_config(one).metadata) for one in world.job_ids()]
    assert [(one.attempt, one.tries) for one in markers if one] == [(3, 1), (2, 1), (1, 1)]


def test_the_archive_holds_log_spec_statuses_and_receipt(world: World) -> None:
    world.write("specs/a.yaml", job())
    outcome = world.apply()["Job/areas"]
    folder = Path(str(outcome.archive))
    receipt = json.loads((folder / "receipt.json").read_text(encoding="utf-8"))
    log = gzip.decompress((folder / "logs.jsonl.gz").read_bytes()).decode()
    statuses = [json.loads(line)["status"] for line in (folder / "status.jsonl").read_text("utf-8").splitlines()]
    assert (receipt["job_id"], receipt["status"]) == (outcome.job_id, "succeeded")
    assert receipt["log"]["lines"] == len(log.splitlines())
    assert '"n=1"' in log
    assert statuses[-1] == "succeeded"
    assert json.loads((folder / "spec.json").read_text("utf-8"))["config"]["steps"][0]["udf"]["entrypoint"] == "udf"


def test_a_lost_answer_starts_nothing_twice(world: World) -> None:
    world.write("specs/a.yaml", job())
    world.service.fail(requests.ReadTimeout(), method="POST", path="/run", reached=True)
    assert world.apply()["Job/areas"].status is OutcomeStatus.SUCCEEDED
    [started] = [event for event in world.events if isinstance(event, Started)]
    assert started.adopted
    assert world.job_ids() == [started.job_id]


def test_a_start_of_which_nobody_knows_is_unknown_and_not_sent_again(world: World) -> None:
    world.write("specs/a.yaml", job())
    world.service.fail(requests.ReadTimeout(), method="POST", path="/run", reached=False)
    outcomes = world.apply(FAST)
    assert outcomes["Job/areas"].status is OutcomeStatus.UNKNOWN
    assert exit_code(outcomes.values()) == 9
    assert world.service.seen.count("POST /server/v1/run") == 0


def test_a_start_that_was_never_sent_is_sent_later(world: World) -> None:
    world.write("specs/a.yaml", job())
    world.service.fail(requests.ConnectTimeout(), method="POST", path="/run", reached=False)
    assert world.apply()["Job/areas"].status is OutcomeStatus.SUCCEEDED
    assert len(world.job_ids()) == 1


def test_a_start_that_cannot_be_sent_for_long_is_a_failure_and_not_unknown(world: World) -> None:
    world.write("specs/a.yaml", job())
    for _ in range(3):
        world.service.fail(requests.ConnectTimeout(), method="POST", path="/run", reached=False)
    outcomes = world.apply(replace(FAST, silence=0.1))
    assert outcomes["Job/areas"].status is OutcomeStatus.FAILED
    assert exit_code(outcomes.values()) == 8
    assert world.job_ids() == []


@pytest.mark.parametrize("status", [429, 503])
def test_a_service_that_is_busy_is_asked_again_when_it_says_so(world: World, status: int) -> None:
    world.write("specs/a.yaml", job())
    world.service.answer(status, {"Retry-After": "1"}, method="POST", path="/run")
    assert world.apply()["Job/areas"].status is (OutcomeStatus.SUCCEEDED if status == 429 else OutcomeStatus.UNKNOWN)
    assert len(world.job_ids()) == (1 if status == 429 else 0)


@pytest.mark.parametrize("status", [400, 403, 422])
def test_a_refused_start_is_not_sent_again(world: World, status: int) -> None:
    world.write("specs/a.yaml", job())
    world.service.answer(status, {}, method="POST", path="/run")
    assert world.apply()["Job/areas"].status is OutcomeStatus.FAILED
    assert world.job_ids() == []
    assert world.site().journal.open_intents() == []


def test_no_more_runs_than_allowed_go_on_beside_each_other(world: World) -> None:
    world.write("specs/a.yaml", "".join(job(f"job-{number}") for number in range(4)))
    assert {one.status for one in world.apply(replace(FAST, max_running=1)).values()} == {OutcomeStatus.SUCCEEDED}
    going, most = set[str](), 0
    for event in world.events:
        going |= {event.job_id} if isinstance(event, Started) else set()
        most = max(most, len(going))
        going -= {str(event.outcome.job_id)} if isinstance(event, Finished) else set()
    assert most == 1


def test_an_apply_past_its_limit_does_not_start_what_waited_for_an_older_run(world: World) -> None:
    world.write("specs/area.py", SLOW)
    world.write("specs/a.yaml", job(more="  run: {on_change_while_running: wait}\n"))
    first = world.apply(Options(wait=False, poll=(0.02, 0.2)))["Job/areas"]
    world.write("specs/area.py", UDF)
    queued = world.apply(replace(FAST, max_duration=0.2))["Job/areas"]
    assert (queued.status, str(queued.error)[:12]) == (OutcomeStatus.SKIPPED, "not started:")
    assert world.job_ids() == [first.job_id]


def test_an_apply_that_is_interrupted_before_it_sent_a_start_sends_none(world: World) -> None:
    world.write("specs/a.yaml", job())
    intending, leaving = threading.Event(), threading.Event()

    class SlowJournal(Journal):
        def intend(self, attempt: Attempt) -> None:
            intending.set()
            leaving.wait(PATIENCE)
            super().intend(attempt)

    class Pool(ThreadPoolExecutor):
        def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
            leaving.set()
            super().shutdown(wait, cancel_futures=cancel_futures)

    def interrupt(*_: object) -> None:
        intending.wait(PATIENCE)
        raise KeyboardInterrupt

    site = replace(
        world.site(), journal=SlowJournal(world.store, SCOPE, "local"), world=Time(pool=Pool, wait=interrupt)
    )
    with pytest.raises(KeyboardInterrupt):
        list(apply(world.plan(), site, options=FAST))
    assert world.service.seen.count("POST /server/v1/run") == 0
    assert site.journal.open_intents() == []


def test_an_apply_whose_time_is_up_waits_for_what_is_under_way_without_haste(world: World) -> None:
    world.write("specs/a.yaml", job())
    waits: list[float] = []

    class SlowJournal(Journal):
        def intend(self, attempt: Attempt) -> None:
            enough.wait(PATIENCE)
            super().intend(attempt)

    enough = threading.Event()

    def wait(futures: object, seconds: float) -> None:
        waits.append(seconds)
        if len(waits) > 3:
            enough.set()
        threading.Event().wait(0.05)

    site = replace(world.site(), journal=SlowJournal(world.store, SCOPE, "local"), world=Time(wait=wait))
    list(apply(world.plan(), site, options=replace(FAST, timeout=0.01)))
    assert min(waits[1:4]) > 0.01


def test_an_apply_whose_time_is_up_exits_with_5_though_one_job_still_waited_for_another(world: World) -> None:
    world.write("specs/area.py", SLOW)
    world.write("specs/a.yaml", job("second", more="  needs: [first]\n") + job("first"))
    outcomes = world.apply_until(Started, replace(FAST, timeout=60))
    first, second = outcomes["Job/first"], outcomes["Job/second"]
    assert (second.status, second.job_id) == (OutcomeStatus.TIMEOUT, None)
    assert str(second.error).startswith("not started: the apply's time was up")
    assert exit_code(outcomes.values()) == 5
    world.api.cancel_job(str(first.job_id))


def test_a_run_of_another_state_that_somebody_started_after_the_plan_makes_it_stale(world: World) -> None:
    world.write("specs/a.yaml", job())
    plan = world.plan()
    world.write("specs/area.py", UDF.replace("n: int = 1", "n: int = 2"))
    world.apply()
    outcomes = world.carry_out(plan)
    assert outcomes["Job/areas"].status is OutcomeStatus.SKIPPED
    assert exit_code(outcomes.values()) == 6
    assert len(world.job_ids()) == 1


def test_the_very_run_that_somebody_started_after_the_plan_is_followed(world: World) -> None:
    world.write("specs/a.yaml", job())
    plan = world.plan()
    first = world.apply()["Job/areas"]
    again = world.carry_out(plan)["Job/areas"]
    assert (again.status, again.job_id) == (OutcomeStatus.SUCCEEDED, first.job_id)
    assert len(world.job_ids()) == 1


def test_an_unknown_start_is_settled_by_the_next_apply(world: World) -> None:
    world.write("specs/a.yaml", job())
    world.service.fail(requests.ReadTimeout(), method="POST", path="/run", reached=False)
    world.apply()
    settled = world.apply()["Job/areas"]
    assert settled.status is OutcomeStatus.SUCCEEDED
    assert world.job_ids() == [settled.job_id]


def test_what_needs_another_job_starts_after_its_success(world: World) -> None:
    world.write("specs/a.yaml", job("second", more="  needs: [first]\n") + job("first"))
    world.apply()
    order = [event.change.key.name for event in world.events if isinstance(event, Started)]
    ended = [event.outcome.change.key.name for event in world.events if isinstance(event, Finished)]
    assert order == ended == ["first", "second"]


def test_what_needs_a_failed_job_is_skipped_with_the_cause(world: World) -> None:
    world.write("specs/bad.py", FAILING)
    world.write("specs/a.yaml", job("second", more="  needs: [first]\n") + job("first", "bad.py") + job("third"))
    outcomes = world.apply()
    assert outcomes["Job/first"].status is OutcomeStatus.FAILED
    assert (outcomes["Job/second"].status, outcomes["Job/second"].error) == (
        OutcomeStatus.SKIPPED,
        "needs Job/first, which is failed",
    )
    assert outcomes["Job/third"].status is OutcomeStatus.SUCCEEDED


def test_a_failed_job_is_held_until_retry_is_asked_for(world: World) -> None:
    world.write("specs/area.py", FAILING)
    world.write("specs/a.yaml", job())
    world.apply()
    held = world.apply()["Job/areas"]
    assert held.status is OutcomeStatus.HELD
    assert len(world.job_ids()) == 1
    world.apply(requests=Requests(retry_all=True))
    assert len(world.job_ids()) == 2


def test_a_failed_job_is_tried_again_after_a_pause_until_its_retries_are_used_up(world: World) -> None:
    world.write("specs/area.py", FAILING)
    world.write("specs/a.yaml", job(more="  run: {on_failure: retry, retries: 2}\n"))
    statuses = [world.apply()["Job/areas"].status for _ in range(2)]
    assert statuses == [OutcomeStatus.FAILED, OutcomeStatus.HELD]
    assert len(world.job_ids()) == 3


def test_a_run_in_flight_is_attached_to(world: World) -> None:
    world.write("specs/area.py", SLOW)
    world.write("specs/a.yaml", job())
    first = world.apply(Options(wait=False, poll=(0.02, 0.2)))["Job/areas"]
    assert first.status is OutcomeStatus.RUNNING
    assert actions(world.plan()) == [Action.ATTACH]
    again = world.apply_until(Attached, replace(FAST, timeout=60))["Job/areas"]
    assert (again.status, again.job_id) == (OutcomeStatus.TIMEOUT, first.job_id)
    world.api.cancel_job(str(first.job_id))


def test_a_change_replaces_the_run_in_flight(world: World) -> None:
    world.write("specs/area.py", SLOW)
    world.write("specs/a.yaml", job())
    first = world.apply(Options(wait=False, poll=(0.02, 0.2)))["Job/areas"]
    world.write("specs/area.py", UDF)
    second = world.apply()["Job/areas"]
    assert second.status is OutcomeStatus.SUCCEEDED
    assert world.api.get_status(str(first.job_id)).job_status == "Canceled"
    assert world.archive.find(str(first.job_id))


def test_prune_cancels_what_is_in_no_spec(world: World) -> None:
    world.write("specs/slow.py", SLOW)
    world.write("specs/a.yaml", job() + job("gone", "slow.py"))
    world.apply(Options(wait=False, poll=(0.02, 0.2)))
    world.write("specs/a.yaml", job())
    assert "goes on; --prune cancels it" in world.plan().warnings[0]
    pruned = world.apply(requests=Requests(prune=True))
    assert pruned["Job/gone"].status is OutcomeStatus.CANCELLED
    assert exit_code(pruned.values()) == 0


def test_leaving_an_apply_leaves_its_runs(world: World) -> None:
    world.write("specs/area.py", SLOW)
    world.write("specs/a.yaml", job())
    events = apply(world.plan(), world.site(), options=FAST)
    started = next(event for event in events if isinstance(event, Started))
    events.close()  # type: ignore[attr-defined]
    assert not world.api.get_status(started.job_id).finished
    world.api.cancel_job(started.job_id)


def test_a_run_longer_than_its_timeout_is_cancelled_and_says_so(world: World) -> None:
    world.write("specs/area.py", SLOW)
    world.write("specs/a.yaml", job(more="  run: {timeout: 1s}\n"))
    outcome = world.apply()["Job/areas"]
    assert outcome.status is OutcomeStatus.CANCELLED
    assert "longer than its timeout of 1 seconds" in str(outcome.error)


def test_an_input_is_uploaded_once_for_its_content(world: World) -> None:
    world.write("specs/a.csv", "x\n1\n")
    text = job(more="        input: [{n: {file: a.csv}}]\n").replace("area.py", "rows.py")
    world.write("specs/rows.py", "@fused.udf\ndef udf(n):\n    import pandas as pd\n    return pd.read_csv(n)\n")
    world.write("specs/a.yaml", text + text.replace("name: areas", "name: more"))
    assert {outcome.status for outcome in world.apply().values()} == {OutcomeStatus.SUCCEEDED}
    world.write("specs/a.yaml", text.replace("name: areas", "name: third"))
    world.apply()
    assert [event.sent for event in world.events if isinstance(event, Uploaded)] == [False]
    world.write("specs/a.csv", "x\n2\n")
    assert actions(world.plan()) == [Action.START]


def test_secrets_of_the_environment_are_kept_nowhere(world: World) -> None:
    world.write("specs/area.py", "@fused.udf\ndef udf():\n    import os\n    print(os.environ['GREETING'])\n")
    world.write("specs/a.yaml", job(more="  env: {GREETING: hello}\n"))
    plan = world.plan()
    canary = "sk-" + "abcdefghijklmnopqrstuvwxyz"
    [change] = plan.changes
    assert change.after is not None
    env = dict(change.after.payload["additional_env"], GREETING=canary)
    structs.force_setattr(change.after, "payload", {**change.after.payload, "additional_env": env})
    outcome = world.carry_out(plan)["Job/areas"]
    kept = archived(Path(str(outcome.archive)))
    config = world.api.get_job_config(str(outcome.job_id)).model_dump_json()
    assert outcome.status is OutcomeStatus.SUCCEEDED
    assert canary.encode() not in kept
    assert canary not in config
    assert canary not in "".join(map(repr, (*plan.changes, *world.events))).replace(repr(change.after), "")


TOKEN_SPECS = """\
apiVersion: fused-spec/v1
kind: Udf
metadata: {name: tiles}
spec: {udf: {file: area.py}}
---
apiVersion: fused-spec/v1
kind: UdfAccessToken
metadata: {name: tiles}
spec: {udf: {ref: tiles}, sink: {file: .secrets/tiles}}
"""


@pytest.fixture
def token(world: World) -> Callable[[], str]:
    """Apply the token's specs, and read its value from the sink."""
    world.write("specs/a.yaml", TOKEN_SPECS)

    def apply_and_read() -> str:
        assert {outcome.error for outcome in world.apply().values()} == {None}
        return (world.folder / ".secrets/tiles").read_text(encoding="utf-8").strip()

    return apply_and_read


def test_a_token_is_made_once_and_its_value_is_in_its_sink_alone(world: World, token: Callable[[], str]) -> None:
    value = token()
    assert token() == value
    assert [one.token for one in world.api.get_udf_access_tokens()] == [value]
    assert stat.S_IMODE((world.folder / ".secrets/tiles").stat().st_mode) == 0o600
    assert value not in "".join(map(repr, world.events))


def test_a_token_really_runs_its_udf(world: World, token: Callable[[], str]) -> None:
    url = f"http://127.0.0.1:8000/server/v1/realtime-shared/{token()}/run/file?n=5"
    assert world.api._transport.fetch(url).body == b"5"


def test_a_lost_sink_is_written_again(world: World, token: Callable[[], str]) -> None:
    value = token()
    (world.folder / ".secrets/tiles").unlink()
    assert token() == value


def test_a_changed_token_is_updated_in_place(world: World, token: Callable[[], str]) -> None:
    value = token()
    world.write("specs/a.yaml", TOKEN_SPECS.replace("sink:", "enabled: false, sink:"))
    assert actions(world.plan()) == [Action.NONE, Action.UPDATE]
    world.apply()
    [existing] = world.api.get_udf_access_tokens()
    assert (existing.token, existing.enabled) == (value, False)


def test_a_changed_udf_is_saved_over_and_its_token_stays(world: World, token: Callable[[], str]) -> None:
    value = token()
    world.write("specs/area.py", UDF.replace("return n", "return n + 1"))
    assert actions(world.plan()) == [Action.UPDATE, Action.NONE]
    assert token() == value
    url = f"http://127.0.0.1:8000/server/v1/realtime-shared/{value}/run/file?n=5"
    assert world.api._transport.fetch(url).body == b"6"


def test_a_token_whose_sink_cannot_be_written_is_not_made(world: World) -> None:
    world.write("specs/a.yaml", TOKEN_SPECS)
    world.write(".secrets", "a file where the folder should be")
    outcomes = world.apply()
    assert outcomes["UdfAccessToken/tiles"].status is OutcomeStatus.FAILED
    assert world.api.get_udf_access_tokens() == []


def test_prune_disables_a_token_in_no_spec_and_deletes_nothing(world: World, token: Callable[[], str]) -> None:
    token()
    world.write("specs/a.yaml", job())
    world.apply(requests=Requests(prune=True))
    [existing] = world.api.get_udf_access_tokens()
    assert not existing.enabled


def test_an_outcome_tells_the_run_before_its_own(world: World) -> None:
    world.write("specs/area.py", FAILING)
    world.write("specs/a.yaml", job())
    first = world.apply()["Job/areas"]
    second = world.apply(requests=Requests(retry_all=True))["Job/areas"]
    assert first.last_run is None
    assert second.last_run is not None and second.last_run.job_id == first.job_id != second.job_id
