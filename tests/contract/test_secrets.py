"""Secrets between a plan and the real service in memory: sent with the start, and in nothing that is kept or told."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from fused_spec.configuration.secret_values import SecretReader, Unreadable
from fused_spec.reconcile.applying.outcome import OutcomeStatus
from fused_spec.service.app import create_app
from tests.asgi import AsgiAdapter
from tests.canaries import PRINTS, Canary
from tests.contract.world import PROJECT, TOKEN, World

SECRETS = "secrets: {DB: {from: {env: DB}}}\n"
JOB = """\
apiVersion: fused-spec/v1
kind: Job
metadata: {{name: heights}}
spec:
  env: {{DB: "${{secret.DB}}", DSN: "x:${{secret.DB}}@h"}}
  run: {{on_failure: retry, retries: 1}}
  config: {{steps: [{{type: udf, udf: {{file: area.py, parameters: {parameters}}}}}]}}
"""


@dataclass
class Told:
    """A world with a secret, as it can be read now."""

    world: World
    canary: Canary = field(default_factory=Canary)

    def knows(self, **env: str) -> None:
        self.world.secrets = SecretReader(self.world.resolution().secrets, environment=env)

    def job(self, parameters: str = "{}") -> None:
        self.world.write("specs/a.yaml", JOB.format(parameters=parameters))

    def traces(self) -> list[str]:
        kept = [self.world.folder / name for name in ("archive", "logs", "cache")]
        there = [folder for folder in kept if any(map(Path.is_file, folder.rglob("*")))]
        found = [form for folder in there for form in self.canary.seen_below(folder)]
        ids = self.world.job_ids()
        told = "".join(str(self.world.api.get_job_config(one).model_dump()) for one in ids)
        return [*found, *self.canary.seen_in(told), *self.canary.seen_in(repr(self.world.events))]


@pytest.fixture
def told(tmp_path: Path) -> Iterator[Told]:
    with AsgiAdapter(create_app(tmp_path / "state", TOKEN)) as service:
        told = Told(World(tmp_path / "project", service))
        told.world.write("fused-spec.yaml", PROJECT + SECRETS)
        told.world.write("specs/area.py", PRINTS)
        told.job()
        told.knows(DB=told.canary.value)
        yield told


def test_the_job_has_the_value_and_nothing_else_does(told: Told) -> None:
    [outcome] = told.world.apply().values()
    assert outcome.status is OutcomeStatus.SUCCEEDED
    [job_id] = told.world.job_ids()
    raw = "".join(line.message for line in told.world.api.get_logs(job_id))
    assert told.canary.value in raw
    assert told.traces() == []


def test_a_run_that_fails_is_started_again_with_it(told: Told) -> None:
    told.job("{fails: true}")
    [outcome] = told.world.apply().values()
    assert (outcome.status, len(told.world.job_ids())) == (OutcomeStatus.FAILED, 2)
    assert told.traces() == []


def test_without_it_nothing_is_sent(told: Told) -> None:
    told.knows()
    with pytest.raises(Unreadable, match=r"secret\.DB cannot be read"):
        told.world.apply()
    assert told.world.job_ids() == []
    assert told.world.site().journal.open_intents() == []


def test_another_value_starts_nothing(told: Told) -> None:
    told.world.apply()
    told.knows(DB="another-value")
    [outcome] = told.world.apply().values()
    assert outcome.status is OutcomeStatus.UNCHANGED


def test_nor_does_a_plan_need_any(told: Told) -> None:
    told.world.apply()
    told.knows()
    assert not told.world.plan().has_changes
