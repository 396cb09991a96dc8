"""Any sequence of edits and applies, against the real service: apply then plan is empty, and every run is explained."""

import tempfile
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from fused_spec.plan.model import Action, Requests
from fused_spec.reconcile.marker import marker_in
from fused_spec.reconcile.outcome import OutcomeStatus
from fused_spec.service.app import create_app
from tests.asgi import AsgiAdapter
from tests.contract.world import TOKEN, World, job

NAMES = st.sampled_from(["areas", "roads", "tiles"])


class Edits(RuleBasedStateMachine):
    """Jobs are added, changed, relabelled and removed; `told` is what each apply said of its runs, by job id."""

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
        self.told: dict[str, OutcomeStatus] = {}
        self.edited = True

    def teardown(self) -> None:
        if hasattr(self, "service"):
            self.service.__exit__(None, None, None)
            self.folder.cleanup()

    def write(self) -> None:
        documents = []
        for name, version in self.versions.items():
            self.world.write(f"specs/{name}.py", f"@fused.udf\ndef udf(n: int = {version}):\n    return n\n")
            need = self.needs.get(name)
            more = f"  needs: [{need}]\n" if need in self.versions else ""
            text = job(name, f"{name}.py", more)
            documents.append(text.replace("{name: " + name, f"{{description: v{self.labels[name]}, name: {name}"))
        self.world.write("specs/jobs.yaml", "".join(documents))

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

    @precondition(lambda self: self.versions)
    @rule()
    def apply(self) -> None:
        self.write()
        for outcome in self.world.apply().values():
            assert outcome.status in (OutcomeStatus.SUCCEEDED, OutcomeStatus.UNCHANGED)
            if outcome.status is OutcomeStatus.SUCCEEDED:
                assert outcome.job_id is not None
                assert outcome.job_id not in self.told
                self.told[outcome.job_id] = outcome.status
        assert not self.world.plan().has_changes
        self.edited = False

    @precondition(lambda self: self.versions and not self.edited)
    @rule()
    def plan_after_what_says_nothing_new(self) -> None:
        self.write()
        assert {change.action for change in self.world.plan(Requests()).changes} <= {Action.NONE}

    @invariant()
    def history_and_receipts_explain_every_run(self) -> None:
        if not hasattr(self, "world"):
            return
        receipts = {receipt.job_id: receipt for receipt in self.world.archive.receipts()}
        assert set(self.world.job_ids()) == set(receipts) == set(self.told)
        for job_id, receipt in receipts.items():
            marker = marker_in(self.world.api.get_job_config(job_id).metadata)
            assert marker is not None
            assert (marker.key, marker.digest, marker.attempt) == (receipt.key, receipt.digest, receipt.attempt)


Edits.TestCase.settings = settings(max_examples=8, stateful_step_count=12, deadline=None)
test_any_sequence_of_edits = Edits.TestCase
