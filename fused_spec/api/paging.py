"""Walk a listing that is cut into pages by `skip` and `limit`; what is listed is not known here."""

from collections.abc import Callable
from typing import TypeVar

from fused_spec.api.errors import Unreadable

T = TypeVar("T")


def read_pages(
    fetch: Callable[[int, int], list[T]],
    *,
    n: int | None,
    skip: int,
    per_request: int,
    max_requests: int | None,
    identity: Callable[[T], str],
) -> list[T]:
    """Ask `fetch(skip, limit)` until a page is empty, `n` items are there, or `max_requests` are used up.

    None means no limit. Raises `Unreadable` when a page holds exactly the ids of the one before: that service
    ignores `skip`, and the walk would never end.
    """
    items: list[T] = []
    before: list[str] = []
    asked = 0
    while max_requests is None or asked < max_requests:
        page = fetch(skip, per_request)
        ids = [identity(item) for item in page]
        if ids and ids == before:
            raise Unreadable("the service repeats its pages: it ignores `skip`, so the listing has no end")
        items += page
        if not page or (n is not None and len(items) >= n):
            break
        before, skip, asked = ids, skip + per_request, asked + 1
    return items[:n]
