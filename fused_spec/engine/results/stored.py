"""What every stored form of a result has."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

PARQUET = "application/octet-stream"
JSON = "application/json"

Tell = Callable[[str], None]
"""Takes a sentence of what a stored form loses: the place and the cause, without values, so that it is said once."""


class Unstorable(Exception):
    """A value that has no stored form, or not the one that was asked for."""


@dataclass(slots=True, kw_only=True)  # not frozen, as `jobdir.Result`
class Content:
    """A result's bytes, and what they are; `status` is that of an HTTP response that a UDF returned.

    `lossy` is what they do not hold of the value, in sentences; `facts` what is known of the value (`described`).
    """

    suffix: str
    content_type: str
    content: bytes
    status: int | None = None
    lossy: Sequence[str] = ()
    facts: str = ""
