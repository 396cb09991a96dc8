"""A service whose runs are given, and whose every answer comes a while later: what a plan asks of Fused, over HTTP.

    python benchmarks/replay.py RUNS.json --latency 0.05

`RUNS.json` holds the runs, newest first: `{"line": …, "config": …, "record": …}`. The port is the first line that it
prints. GET `/counts`, which is answered at once, tells how often each call was asked for, over how many connections.
"""

import argparse
import asyncio
import json
from collections import Counter
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

PREFIX = "/server/v1"
REASONS = {200: "OK", 307: "Temporary Redirect", 404: "Not Found"}


class Replay:
    """The runs, and what was asked about them; a page holds at most `most` of them, as services have it."""

    def __init__(self, runs: list[dict[str, Any]], *, latency: float, most: int) -> None:
        self.latency = latency
        self.counts: Counter[str] = Counter()
        self._most = most
        self._lines = [json.dumps(run["line"]) for run in runs]
        self._configs = {run["line"]["id"]: json.dumps(run["config"]).encode() for run in runs}
        self._records = {run["line"]["id"]: json.dumps(run["record"]).encode() for run in runs}

    def answer(self, target: str, host: str) -> tuple[int, str, bytes]:
        """Status, where a redirect leads, and body."""
        parts = urlsplit(target)
        path = parts.path.removeprefix(PREFIX)
        if path == "/job/self":
            query = parse_qs(parts.query)
            skip, limit = int(query["skip"][0]), min(int(query["limit"][0]), self._most)
            self.counts["page"] += 1
            return 200, "", f"[{','.join(self._lines[skip : skip + limit])}]".encode()
        words = path.strip("/").split("/")
        match words:
            case ["counts"]:
                return 200, "", json.dumps(self.counts).encode()
            case ["job", "by-id", job_id, "config"] if job_id in self._configs:
                self.counts["config"] += 1
                return 307, f"http://{host}/signed/{job_id}?signature=0", b""
            case ["signed", job_id] if job_id in self._configs:
                self.counts["config"] += 1
                return 200, "", self._configs[job_id]
            case ["run", "by-id", job_id] if job_id in self._records:
                self.counts["record"] += 1
                return 200, "", self._records[job_id]
        self.counts["other"] += 1
        return 404, "", b'{"detail": "nothing is here"}'


class Connection(asyncio.Protocol):
    """One kept connection; each request is answered after the latency, as if it had come from far away."""

    def __init__(self, replay: Replay) -> None:
        self._replay = replay
        self._rest = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._replay.counts["connections"] += 1

    def data_received(self, data: bytes) -> None:
        self._rest += data
        while b"\r\n\r\n" in self._rest:
            head, _, self._rest = self._rest.partition(b"\r\n\r\n")
            self._take(head.decode("latin-1"))

    def _take(self, head: str) -> None:
        first, *lines = head.split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        _, target, _ = first.split(" ")
        status, location, body = self._replay.answer(target, headers["host"])
        told = [
            f"HTTP/1.1 {status} {REASONS[status]}",
            f"Date: {format_datetime(datetime.now(UTC), usegmt=True)}",
            "Content-Type: application/json",
            f"Content-Length: {len(body)}",
            *([f"Location: {location}"] if location else []),
        ]
        answer = "\r\n".join([*told, "", ""]).encode() + body
        latency = 0.0 if target.endswith("/counts") else self._replay.latency
        asyncio.get_running_loop().call_later(latency, self._send, answer)

    def _send(self, answer: bytes) -> None:
        if not self._transport.is_closing():
            self._transport.write(answer)


async def serve(replay: Replay) -> None:
    server = await asyncio.get_running_loop().create_server(lambda: Connection(replay), "127.0.0.1", 0, backlog=512)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", type=Path)
    parser.add_argument("--latency", type=float, default=0.05, help="seconds before each answer")
    parser.add_argument("--most", type=int, default=1000, help="runs on a page at the most")
    given = parser.parse_args()
    runs = json.loads(given.runs.read_text(encoding="utf-8"))
    asyncio.run(serve(Replay(runs, latency=given.latency, most=given.most)))


if __name__ == "__main__":
    main()
