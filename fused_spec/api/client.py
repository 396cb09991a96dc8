"""`FusedAPI`: the client of Fused's HTTP API, with the published client's names, defaults and returned values.

The calls live by noun in `jobs`, `files`, `udfs`, `tokens` and `account`; what holds for all of them in `transport`.
"""

import os
from os import PathLike
from pathlib import Path
from typing import Self

import fused_spec
from fused_spec.api.files import FileWrites
from fused_spec.api.http.transport import Transport
from fused_spec.api.jobs import JobWrites
from fused_spec.api.reading import FusedReader
from fused_spec.api.tokens import TokenWrites
from fused_spec.api.udfs import UdfWrites
from fused_spec.api.values.current import set_current
from fused_spec.configuration.settings import HOSTED_URL, credentials_for, home_folder


class FusedAPI(JobWrites, TokenWrites, UdfWrites, FileWrites, FusedReader):
    """Calls Fused, or any server that speaks its protocol.

    One object keeps its connections and may be shared by threads. Errors are those of `fused_spec.api.errors`;
    the HTTP ones are also requests' own, so code written for the published client goes on catching them.
    """

    def __init__(
        self, *, base_url: str | None = None, set_global_api: bool = True, credentials_needed: bool = True
    ) -> None:
        """Connect to `base_url`, the hosted service by default.

        Credentials come from `FUSED_AUTH_TOKEN` with `FUSED_AUTH_TOKEN_TYPE`, else from `~/.fused/credentials`, which
        goes to hosted Fused and to this machine alone; a browser is never opened. Raises `CredentialsError` when they
        are missing and `credentials_needed`; without it, only `_health()` works. `set_global_api` makes this the
        client of unbound `RunResponse` objects.
        """
        url = base_url or HOSTED_URL
        home = home_folder(Path())
        credentials = credentials_for(url, os.environ, home, named_by_user=True) if credentials_needed else None
        self._connect(Transport(url, credentials))
        if set_global_api:
            set_current(self)

    @classmethod
    def connect(
        cls, target: str | None = None, *, path: str | PathLike[str] = ".", set_global_api: bool = True
    ) -> Self:
        """A client of a target of the project around `path`, as `fused-spec --target` means it there.

        Without a `target` it is the one that a command in that folder takes: of `FUSED_SPEC_BASE_URL` or
        `FUSED_SPEC_TARGET`, else the project's default, else `local`. The local service is started when it does not
        run. Raises `Misconfigured` for a target that the project does not know, `SpecError` for a project file that is
        wrong, and `CredentialsError` where there are none to send.
        """
        api = cls.over(fused_spec.open_target(target, Path(path)))
        if set_global_api:
            set_current(api)
        return api
