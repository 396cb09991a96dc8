"""The module that UDF code gets as `fused`: the published package when it is installed, else a stand-in.

Either way the decorator only marks the entry function, ingested tables are read from this machine, and nothing logs in
anywhere, or tries to reach a service that was not named for it.
"""

import importlib.util
import os
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

from fused_spec.engine.processes.task_folder import SCRATCH
from fused_spec.engine.standin import offline
from fused_spec.engine.standin.caching import cache
from fused_spec.engine.standin.decorator import udf
from fused_spec.engine.standin.files import download, file_path
from fused_spec.engine.standin.tables import get_chunk_from_table, get_chunks_metadata
from fused_spec.engine.standin.types import types

_OURS: dict[str, Any] = {
    "udf": udf,
    "get_chunk_from_table": get_chunk_from_table,
    "get_chunks_metadata": get_chunks_metadata,
}


def provide_fused() -> ModuleType:
    """The `fused` module of this process."""
    known = sys.modules.get("fused")
    if known is not None and known.__spec__ is None:
        return known  # the stand-in, made before
    module = _published() if importlib.util.find_spec("fused") is not None else _stand_in()
    for name, value in _OURS.items():
        setattr(module, name, value)
    return module


# No address at all, so that nothing is looked up or tried again; the package's own error then shows the words.
_NOWHERE = "the-embedded-service-has-no-hosted-fused://set-FUSED_AUTH_TOKEN-in-env-to-reach-it"


def _published() -> ModuleType:
    import fused

    if "FUSED_AUTH_TOKEN" not in os.environ:
        # A job has nobody at a browser, and half a minute of attempts helps nobody either.
        fused.options.no_login = True
        fused.options.base_url = _NOWHERE
    if (scratch := os.environ.get(SCRATCH)) is not None:  # for all tasks of the job, and gone with it
        fused.options.cache_directory = Path(scratch, "fused", "cached_data")
    return fused  # type: ignore[no-any-return]


def _stand_in() -> ModuleType:
    module = ModuleType("fused", "What UDF code needs of fused where the package is not installed.")
    module.__dict__.update(cache=cache, types=types, file_path=file_path, download=download)
    module.__dict__["__getattr__"] = offline.missing
    sys.modules["fused"] = module
    sys.modules["fused.types"] = types
    return module
