"""The real service as a process, and plain HTTP to it."""

import json
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from tests.acceptance.command import Service, Shell
from tests.waiting import PATIENCE, until


@dataclass(frozen=True, kw_only=True)
class Served:
    """A running service; `said` is what it printed when it was ready."""

    process: Service
    state: Path
    url: str
    token: str
    said: str

    def ask(self, method: str, path: str, **options: Any) -> requests.Response:
        headers = {"Authorization": f"Bearer {self.token}", **options.pop("headers", {})}
        return requests.request(method, self.url + path, headers=headers, timeout=PATIENCE, **options)

    def start(self, code: str, elements: list[Any] | None = None, **body: Any) -> str:
        """Start a job of one UDF; its id."""
        udf = {"name": "case", "entrypoint": "udf", "code": code}
        config = {"steps": [{"type": "udf", "udf": udf, "input": elements}]}
        answer = self.ask("POST", "/run", json={"config": config, **body})
        assert answer.status_code == 200, answer.text
        return str(answer.json()["job_id"])

    def status(self, job_id: str) -> dict[str, Any]:
        content: dict[str, Any] = self.ask("GET", f"/run/by-id/{job_id}").json()
        return content

    def wait(self, job_id: str) -> str:
        """How the job ended."""
        until(lambda: self.status(job_id)["terminal_status"], f"job {job_id} ends")
        return str(self.status(job_id)["job_status"])

    def last_line(self, job_id: str) -> str:
        return str(self.ask("GET", f"/logs/{job_id}").json()[-1]["message"])

    def stop(self, number: signal.Signals = signal.SIGTERM) -> str:
        """End it; what it had said since `said`."""
        self.process.send_signal(number)
        return self.process.communicate()


@contextmanager
def serving(shell: Shell, *arguments: str, **env: str) -> Iterator[Served]:
    """`fused-spec serve` with its state in the shell's folder, stopped at the end."""
    process = shell.serve("state", *arguments, **env)
    try:
        said = process.stderr.readline()
        assert "Listening" in said, said + process.stderr.read()
        state = shell.folder / "state"
        known = json.loads((state / "service.json").read_text(encoding="utf-8"))
        yield Served(process=process, state=state, url=known["url"], token=known["token"], said=said)
    finally:
        if process.returncode is None:
            process.terminate()
            process.communicate()
