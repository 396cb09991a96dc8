"""Any sequence of edits, applies and crashes, against the real service.

Apply then plan is empty, what changed nothing starts nothing, and history and receipts explain every run.
"""

import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from msgspec.structs import replace

from fused_spec.plan.actions import Action
from fused_spec.plan.model import Plan, Requests
from fused_spec.reconcile.applying.apply import apply
from fused_spec.reconcile.applying.outcome import OutcomeStatus
from fused_spec.reconcile.marking.marker import marker_in
from fused_spec.service.app import create_app
from tests.asgi import AsgiAdapter
from tests.contract.world import FAST, TOKEN, World, job
from tests.waiting import until

NAMES = st.sampled_from(["areas", "roads", "tiles"])
_EXPECTED = (
    OutcomeStatus.SUCCEEDED,
    OutcomeStatus.UNCHANGED,
    OutcomeStatus.FAILED,
    OutcomeStatus.HELD,
    OutcomeStatus.SKIPPED,
)


_SOURCE = """\
---
apiVersion: fused-spec/v1
kind: Job
metadata: {name: source}
spec:
  config:
    steps:
      - {type: partition_nongeospatial, input: {file: source.csv}, output: fd://source/}
"""


def _udf(version: int, *, broken: bool) -> str:
    does = "raise ValueError(n)" if broken else "return n"
    return f"@fused.udf\ndef udf(n: int = {version}, table: str = ''):\n    {does}\n"


class Edits(RuleBasedStateMachine):
    """Jobs are added, changed and changed back, relabelled, broken and removed; applies end early, or are left.

    Any of them may read the table that `source` writes, which is written again now and then. `told` is what each apply
    said of its runs, by job id.
    """

    @initialize()
    def open(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        root = Path(self.folder.name)
        self.service = AsgiAdapter(create_app(root / "state", TOKEN))
        self.service.__enter__()
        self.world = World(root / "project", self.service)
        self.versions: dict[str, int] = {}
        self.labels: dict[str, int] = {}
        self.needs: dict[str, str] = {}
        self.readers: set[str] = set()
        self.world.write("specs/source.csv", "n\n1\n2\n")
        self.told: dict[str, OutcomeStatus] = {}
        self.broken: set[str] = set()
        self.edited = True
        self.caught_up = True

    def teardown(self) -> None:
        if hasattr(self, "service"):
            self.let_end(lambda name: True)  # a worker outlives its service, and writes into its folder
            self.service.__exit__(None, None, None)
            self.folder.cleanup()

    def write(self) -> None:
        documents = []
        for name, version in self.versions.items():
            self.world.write(f"specs/{name}.py", _udf(version, broken=name in self.broken))
            need = self.needs.get(name)
            more = f"  needs: [{need}]\n" if need in self.versions else ""
            text = job(name, f"{name}.py", more)
            if name in self.readers:
                text = text.replace(f"{name}.py}}", f"{name}.py, parameters: {{table: {{output_of: source}}}}}}")
            documents.append(text.replace("{name: " + name, f"{{description: v{self.labels[name]}, name: {name}"))
        self.world.write("specs/jobs.yaml", "".join([*documents, *([_SOURCE] if self.readers else [])]))

    @rule(name=NAMES, version=st.integers(1, 3))
    def declare(self, name: str, version: int) -> None:
        self.edited = self.edited or self.versions.get(name) != version
        self.versions[name] = version
        self.labels.setdefault(name, 0)

    @rule(name=NAMES)
    def remove(self, name: str) -> None:
        self.versions.pop(name, None)

    @rule(name=NAMES)
    def relabel(self, name: str) -> None:
        if name in self.versions:
            self.labels[name] += 1

    @rule(name=st.sampled_from(["roads", "tiles"]))
    def need(self, name: str) -> None:
        self.needs[name] = "areas" if name == "roads" else "roads"

    @rule(name=NAMES)
    def turn(self, name: str) -> None:
        """Break a job, or mend it."""
        self.broken ^= {name}
        self.edited = self.edited or name in self.versions

    @rule(name=NAMES)
    def read(self, name: str) -> None:
        """Let a job read the table, or no more."""
        self.readers ^= {name}
        self.edited = True

    @precondition(lambda self: self.versions)
    @rule()
    def apply(self) -> None:
        self.write()
        self.apply_to_the_end(Requests())

    @precondition(lambda self: self.versions and self.readers)
    @rule()
    def write_the_table_again(self) -> None:
        self.write()
        self.apply_to_the_end(Requests(rerun=frozenset({"source"})))

    def apply_to_the_end(self, requests: Requests) -> None:
        # What is declared no more is waited for by no apply; what ended before an apply is archived by it.
        self.let_end(lambda name: name not in self.versions)
        outcomes = self.world.apply(requests=requests).values()
        for outcome in outcomes:
            assert outcome.status in _EXPECTED
            if outcome.status in (OutcomeStatus.SUCCEEDED, OutcomeStatus.FAILED):
                assert outcome.job_id is not None
                assert self.told.setdefault(outcome.job_id, outcome.status) is outcome.status
        skipped = {str(one.change.key) for one in outcomes if one.status is OutcomeStatus.SKIPPED}
        plan = self.world.plan()
        assert not plan.has_changes
        assert {str(one.key) for one in plan.changes if one.action is Action.WAIT} == skipped
        self.assert_that_no_reader_is_stale(plan)
        self.edited = bool(skipped)
        self.caught_up = True

    def let_end(self, concerns: Callable[[str], bool]) -> None:
        """Wait for the runs of these jobs."""
        for job_id, metadata in [(one, self.world.api.get_job_metadata(one)) for one in self.world.job_ids()]:
            marker = marker_in(metadata)
            if marker is not None and concerns(marker.key.name):
                until(partial(self.is_over, job_id), f"the end of {job_id}")

    def is_over(self, job_id: str) -> bool:
        return self.world.api.get_status(job_id).finished

    def assert_that_no_reader_is_stale(self, plan: Plan) -> None:
        newest = {one.key.name: one.job_id for one in plan.changes if one.action is Action.NONE}
        for name in self.readers & newest.keys():
            marker = marker_in(self.world.api.get_job_config(str(newest[name])).metadata)
            assert marker is not None
            assert marker.reads["source"].job_id == newest["source"]

    @precondition(lambda self: self.versions)
    @rule()
    def apply_without_waiting(self) -> None:
        self.write()
        for outcome in self.world.apply(replace(FAST, wait=False)).values():
            if outcome.status is OutcomeStatus.RUNNING:
                assert outcome.job_id is not None
                assert outcome.job_id not in self.told or self.told[outcome.job_id] is OutcomeStatus.RUNNING
        self.edited, self.caught_up = True, False

    @precondition(lambda self: self.versions)
    @rule(number=st.integers(1, 4))
    def apply_and_leave_after_some_events(self, number: int) -> None:
        self.write()
        plan = self.world.plan()
        events = apply(plan, self.world.site(plan.seen), options=FAST)
        for _ in zip(range(number), events, strict=False):
            """What it says is not heard by anybody."""
        events.close()  # type: ignore[attr-defined]
        self.edited, self.caught_up = True, False

    @precondition(lambda self: self.versions and not self.edited)
    @rule()
    def plan_after_what_says_nothing_new(self) -> None:
        self.write()
        for change in self.world.plan(Requests()).changes:
            assert change.action is (Action.HOLD if change.key.name in self.broken else Action.NONE)

    def attempts(self) -> list[tuple[str, int]]:
        """The job and number of every run."""
        metadata = [self.world.api.get_job_metadata(job_id) for job_id in self.world.job_ids()]
        return [(marker.key.name, marker.attempt) for marker in map(marker_in, metadata) if marker is not None]

    @invariant()
    def history_and_receipts_explain_every_run(self) -> None:
        if not hasattr(self, "world"):
            return
        receipts = {receipt.job_id: receipt for receipt in self.world.archive.receipts()}
        assert len(set(self.attempts())) == len(self.attempts())
        if self.caught_up:
            assert set(self.world.job_ids()) == set(receipts)
        assert set(self.told) <= set(receipts)
        for job_id, receipt in receipts.items():
            marker = marker_in(self.world.api.get_job_config(job_id).metadata)
            assert marker is not None
            assert (marker.key, marker.digest, marker.attempt) == (receipt.key, receipt.digest, receipt.attempt)


Edits.TestCase.settings = settings(max_examples=10, stateful_step_count=15)
test_any_sequence_of_edits = Edits.TestCase
