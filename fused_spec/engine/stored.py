"""What every stored form of a result has."""

from dataclasses import dataclass

PARQUET = "application/octet-stream"
JSON = "application/json"


class Unstorable(Exception):
    """A value that has no stored form, or not the one that was asked for."""


@dataclass(slots=True, kw_only=True)  # not frozen, as `jobdir.Result`
class Content:
    """A result's bytes, and what they are; `status` is that of an HTTP response that a UDF returned."""

    suffix: str
    content_type: str
    content: bytes
    status: int | None = None
