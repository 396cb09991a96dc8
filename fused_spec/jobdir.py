"""What files carry between the embedded service and a job's worker.

The service writes `request.json` and starts a worker; the worker appends to `log.jsonl` and `events.jsonl`
and leaves its results; the service reads. A worker needs nothing from the service while it runs, so its
work survives the service, and a restarted service knows from the folder alone how the job ended.

    request.json     {"job_id", "config", "env": {NAME: value}, "storage": "/abs", "cpus": n,
                      "output_format": null, "tile": [x, y, z] or null,
                      "provided": {"registry": "/abs/file", "secrets": "/abs/file",
                                   "git": {"cache": "/abs", "clones": {url: "/abs"}}}}
                     registry: {"saved": {name: UDF as JSON text}, "tokens": {token: name}}; secrets: {key: value};
                     both are the service's own files, so that no copy of a secret is left in a job's folder
    log.jsonl        {"timestamp": ms, "message": "line"} per line, never decreasing
    events.jsonl     {"timestamp": ms, "event": "running", "pid": n} · {"event": "progress", "finished": n, "total": n}
                     · {"event": "end", "job_status": "Done" | "Failed", "message": null}
    results.jsonl    {"index": n, "name": "0.parquet", "content_type": "…", "error": null} per line;
                     with "status" for an HTTP response
    results/         the files named there, and `<name>.metadata` beside each
    claimed          made by the one worker that runs the job; whoever comes second leaves it alone
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class JobDir:
    """One job's folder."""

    path: Path

    @property
    def request(self) -> Path:
        return self.path / "request.json"

    @property
    def log(self) -> Path:
        return self.path / "log.jsonl"

    @property
    def events(self) -> Path:
        return self.path / "events.jsonl"

    @property
    def result_index(self) -> Path:
        return self.path / "results.jsonl"

    @property
    def results(self) -> Path:
        return self.path / "results"

    def claim(self) -> bool:
        """Whether the caller is the first to claim the job, and so the one to run it.

        A service that dies between asking for a worker and hearing of it may ask again: the job still runs once.
        """
        try:
            (self.path / "claimed").touch(exist_ok=False)
        except FileExistsError:
            return False
        return True


def read_lines(path: Path, offset: int = 0) -> Iterator[tuple[dict[str, Any], int]]:
    """Yield each whole JSON line from byte `offset` on, with the offset behind it.

    A last line without its newline is still being written and is left for the next call.
    """
    try:
        stream = path.open("rb")
    except FileNotFoundError:
        return
    with stream:
        stream.seek(offset)
        for line in stream:
            if not line.endswith(b"\n"):
                return
            offset += len(line)
            yield json.loads(line), offset
