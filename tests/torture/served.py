"""A real service as a process of its own, and the faulty way to it."""

import json
import signal
import subprocess
from collections.abc import Iterator

from fused_spec.api.client import FusedAPI
from fused_spec.api.http.transport import Transport
from fused_spec.configuration.settings import Credentials
from fused_spec.reconcile.marking.marker import marker_in
from tests.acceptance.command import COMMAND, Shell
from tests.torture.proxy import FaultyProxy
from tests.waiting import PATIENCE


class Served:
    """A service, and the faulty way to it."""

    def __init__(self, shell: Shell, name: str, seed: int) -> None:
        self.process = subprocess.Popen(
            [COMMAND, "serve", "--port", "0", "--state", str(shell.folder / name)],
            cwd=shell.folder,
            env=shell.env(PYTHONUNBUFFERED="1"),
            stdin=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self.process.stderr is not None
        assert "Listening on" in self.process.stderr.readline()
        known = json.loads((shell.folder / name / "service.json").read_text(encoding="utf-8"))
        self.token = known["token"]
        self.api = FusedAPI.over(Transport(known["url"], Credentials(access_token=self.token)))
        self.proxy = FaultyProxy(known["url"], seed)

    def runs(self) -> Iterator[tuple[str, str, str, str]]:
        """The scope, job, digest and status of every run."""
        for job in self.api.get_jobs(None, max_requests=None):
            marker = marker_in(self.api.get_job_config(job.id).metadata)
            assert marker is not None
            yield marker.scope, marker.key.name, marker.digest, str(job.job_status)

    def close(self) -> None:
        self.proxy.close()
        self.process.send_signal(signal.SIGTERM)
        self.process.communicate(timeout=PATIENCE)
