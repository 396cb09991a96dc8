"""Projects of trivial jobs in folders of their own, with a service of their own that ends with them."""

import json
import os
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
from measure import FUSED_SPEC, Command

_PROJECT = """\
apiVersion: fused-spec/v1
project: {name: benchmark, id: 5d0c1d1c-6a0e-4c56-9a5e-3f1f6a0b7c21}
target: local
"""
_SPEC = """\
apiVersion: fused-spec/v1
kind: Job
metadata: {{name: trivial-{number}}}
spec:
  config:
    steps:
      - type: udf
        udf: {{name: trivial, code: "@fused.udf\\ndef udf(n: int):\\n    return n\\n"}}
        input: [{number}]
"""
_PATIENCE = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """A project whose specs are in `specs`, and whose state is shared with nobody."""

    folder: Path

    @property
    def state(self) -> Path:
        return self.folder / "state"

    def command(self, *words: str, codes: tuple[int, ...] = (0,)) -> Command:
        """`fused-spec` in this project, with none of the variables and credentials of whoever measures."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("FUSED_", "GITHUB_"))}
        env = {**kept, "HOME": str(self.folder), "FUSED_SPEC_STATE": str(self.state)}
        return Command([FUSED_SPEC, *words], cwd=self.folder, env=env, codes=codes)

    def stop_service(self) -> None:
        """End the service that a command started, when there is one, and wait until it is gone."""
        told = self.state / "service/service.json"
        if told.exists():
            service = psutil.Process(json.loads(told.read_text(encoding="utf-8"))["pid"])
            service.send_signal(signal.SIGTERM)
            service.wait(_PATIENCE)


def spec(number: int) -> str:
    """A job that returns its number."""
    return _SPEC.format(number=number)


@contextmanager
def project(*, jobs: int) -> Iterator[Project]:
    """A project with a spec file for each of its trivial jobs, none of which has run."""
    with tempfile.TemporaryDirectory() as folder:
        made = Project(folder=Path(folder))
        (made.folder / "specs").mkdir()
        (made.folder / "fused-spec.yaml").write_text(_PROJECT, encoding="utf-8")
        for number in range(jobs):
            (made.folder / f"specs/trivial-{number}.yaml").write_text(spec(number), encoding="utf-8")
        try:
            yield made
        finally:
            made.stop_service()
