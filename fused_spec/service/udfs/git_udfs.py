"""UDFs in git, by the URL of their page or as `git+URL@REF:PATH`: from declared clones, or from the cache of fetches.

No web page is opened: the URL only says which repository, commit and path are meant.
"""

import json
from functools import partial
from pathlib import Path
from typing import Any

from fused_spec.service.state.declared import GIT_FILE
from fused_spec.udfs.folder import find_udf
from fused_spec.udfs.gitrefs import Repositories, parse
from fused_spec.wire import Udf, udf_of


class GitUdfs:
    """What the project that started this service declares of git, else a cache of its own."""

    def __init__(self, state: Path) -> None:
        self._state = state

    def settings(self) -> dict[str, Any]:
        """`{"cache": "/abs", "clones": {url: "/abs"}}`."""
        try:
            declared: dict[str, Any] = json.loads((self._state / GIT_FILE).read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {"cache": str(self._state / "git"), "clones": {}}
        return declared

    def read(self, url: str) -> Udf | None:
        """The UDF that a URL means, None when it means none; raises `GitUnavailable` and `BadUdfFolder`."""
        reference = parse(url)
        if reference is None:
            return None
        known = self.settings()
        clones = {repository: Path(path) for repository, path in known["clones"].items()}
        repositories = Repositories(cache=Path(known["cache"]), clones=clones)
        commit = repositories.commit(reference)
        text = find_udf(
            reference.path,
            partial(repositories.read, reference.repository, commit),
            partial(repositories.names, reference.repository, commit),
        )
        return udf_of(text) if text is not None else None
