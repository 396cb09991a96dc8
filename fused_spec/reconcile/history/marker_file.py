"""The file of markers: a line for each job that was met, with what its config told; foreign ones have none."""

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from fused_spec.reconcile.history.memory import replace_file
from fused_spec.reconcile.marking.marker import FIELD, Marker, marker_in


def remembered(cache: Path) -> Iterator[tuple[str, Marker | None]]:
    """Each job that was met, and its marker, None for a foreign one."""
    return ((job_id, marker_in({FIELD: told})) for _, job_id, told in _entries(cache))


def _entries(cache: Path) -> Iterator[tuple[str, str, Any]]:
    """Each line with its id and marker.

    What cannot be read, a line that a crash cut short, or that an older version wrote, is only to be asked again.
    """
    try:
        lines = cache.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return
    for line in lines:
        try:
            entry = json.loads(line)
            yield line, entry["id"], entry["marker"]
        except (ValueError, KeyError, TypeError):
            continue


def remember(cache: Path, found: Mapping[str, dict[str, Any] | None]) -> None:
    """What cannot be written is asked again next time: no plan, and no search for a start, ends for a full disk."""
    entries: Iterable[dict[str, Any]] = (
        {"id": job_id, "marker": (metadata or {}).get(FIELD)} for job_id, metadata in found.items()
    )
    with suppress(OSError):
        cache.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with cache.open("a", encoding="utf-8") as stream:
            cache.chmod(0o600)
            stream.writelines(json.dumps(entry) + "\n" for entry in entries)


def keep_only(cache: Path, job_ids: frozenset[str]) -> None:
    """What somebody else writes meanwhile may get lost, and is asked again."""
    kept = [line for line, job_id, _ in _entries(cache) if job_id in job_ids]
    with suppress(OSError):
        replace_file(cache, "".join(f"{line}\n" for line in kept).encode())
