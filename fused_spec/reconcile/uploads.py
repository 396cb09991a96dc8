"""Bring the local inputs of jobs into the service's storage, each content once."""

import hashlib
from threading import Lock
from typing import TYPE_CHECKING

from msgspec import Struct, field

from fused_spec.api.errors import ApiError
from fused_spec.errors import StalePlan
from fused_spec.spec.model import LocalFile

if TYPE_CHECKING:
    from fused_spec.api.client import FusedAPI


class Uploads(Struct):
    """The turns of one apply: jobs that start side by side and read one file have it sent by the first of them."""

    _turns: dict[str, Lock] = field(default_factory=dict)
    _guard: Lock = field(default_factory=Lock)

    def ensure(self, api: "FusedAPI", file: LocalFile) -> bool:
        """Upload the file unless its address, which its content alone decides, is taken; True when it was sent.

        Raises `StalePlan` when the file is no longer the one that was planned with.
        """
        with self._guard:
            turn = self._turns.setdefault(file.url, Lock())
        with turn:
            return _upload_unless_there(api, file)


def _upload_unless_there(api: "FusedAPI", file: LocalFile) -> bool:
    if _is_there(api, file):
        return False
    with file.path.open("rb") as stream:
        if hashlib.file_digest(stream, "sha256").hexdigest() != file.sha256:
            raise StalePlan(
                f"{file.path} changed after the plan was made", hint="run the command again, to plan with the new file"
            )
        stream.seek(0)
        api.upload(file.url, stream)
    return True


def _is_there(api: "FusedAPI", file: LocalFile) -> bool:
    """A listing of the file itself names it with its size; an upload cut short has another."""
    try:
        return any(one.url == file.url and one.size == file.size for one in api.list(file.url, details=True))
    except ApiError as error:
        if error.status_code == 404:
            return False
        raise
