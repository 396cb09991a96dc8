"""A bucket that answers late, behind a server of its own."""

import json
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

LATENCY = 0.05
_AWS = {"AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x", "AWS_DEFAULT_REGION": "us-east-1"}


@dataclass(frozen=True, slots=True)
class Late:
    """The bucket, by the address of its server."""

    url: str

    @property
    def env(self) -> dict[str, str]:
        """What a client of it has in its environment."""
        return {**_AWS, "AWS_ENDPOINT_URL": self.url}

    def fill(self, texts: Mapping[str, str]) -> None:
        self._put("fill", texts)

    def bring(self, files: Mapping[str, Path]) -> None:
        """Objects with the contents of files."""
        self._put("file", {key: str(path) for key, path in files.items()})

    def asked(self) -> int:
        """How many requests there were since the last time."""
        with urllib.request.urlopen(f"{self.url}/asked") as answer:
            return int(answer.read())

    def _put(self, word: str, objects: Mapping[str, str]) -> None:
        request = urllib.request.Request(f"{self.url}/{word}", json.dumps(objects).encode(), method="PUT")
        with urllib.request.urlopen(request):
            pass


@contextmanager
def late_bucket() -> Iterator[Late]:
    """An empty one; it ends with the block."""
    command = [sys.executable, str(Path(__file__).with_name("bucket.py")), "--latency", str(LATENCY)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            yield Late(server.stdout.readline().strip())
        finally:
            server.terminate()
