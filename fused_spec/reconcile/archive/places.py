"""Where the receipts of a project lie in its store."""

from collections.abc import Iterable
from typing import NamedTuple

from fused_spec.reconcile.store.store import Store

RUNS, RECEIPT = "runs", "receipt.json"


class Place(NamedTuple):
    """What the path of a receipt tells of its run."""

    name: str
    job_id: str


def receipts_in(store: Store, scope: str) -> dict[str, str | None]:
    """The paths of all receipts, each with its MD5 as far as the store tells it."""
    listed = store.listing(f"{scope}/{RUNS}")
    return {path: md5 for path, md5 in listed.items() if path.endswith(f"/{RECEIPT}")}


def places_of(receipts: Iterable[str]) -> list[Place]:
    """Whose receipts these are, by their paths alone."""
    return [Place(*path.split("/")[-3:-1]) for path in receipts]
