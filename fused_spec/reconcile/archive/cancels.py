"""Who cancelled a run, and why: no service tells it, so whoever does it here writes it down beside the archive."""

import hashlib
import json
from collections.abc import Iterable, Mapping

from fused_spec.reconcile.store.store import Store

_LONGEST = 300


class Cancels:
    """What was written down about cancelled runs: a folder of the store, with a file for each run."""

    def __init__(self, store: Store, folder: str) -> None:
        self._store = store
        self._folder = folder

    def note(self, job_id: str, said: str) -> None:
        """Write down by whom and why, as the words behind `was cancelled on …`."""
        self._store.write(self._path(job_id), json.dumps({"job_id": job_id, "said": said[:_LONGEST]}).encode())

    def of(self, job_ids: Iterable[str]) -> Mapping[str, str]:
        """What is known of these runs; a note that cannot be read says nothing."""
        paths = {self._path(job_id): job_id for job_id in job_ids}
        said: dict[str, str] = {}
        for path, content in self._store.read_all(list(paths)).items():
            try:
                note = json.loads(content)
            except ValueError:
                continue
            if isinstance(note, dict) and isinstance(note.get("said"), str):
                said[paths[path]] = note["said"]
        return said

    def _path(self, job_id: str) -> str:
        return f"{self._folder}/{hashlib.sha256(job_id.encode()).hexdigest()[:32]}.json"
