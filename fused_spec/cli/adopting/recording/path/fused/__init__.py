"""Stands where the published client would: what it would start is written down, and nothing is sent.

What computes steps is here, and what starts them; all else is refused by name, so that no script goes on with a value
that nobody gave it.
"""

from fused_spec_recorder import tape
from fused_spec_recorder.jobs import JobConfig, Step, ingest, ingest_nongeospatial
from fused_spec_recorder.published import FusedAPI, Options, api, types
from fused_spec_recorder.udfs import Udf, cache, load, udf

__version__ = "0"
options = Options()

__all__ = [
    "FusedAPI",
    "JobConfig",
    "Step",
    "Udf",
    "api",
    "cache",
    "ingest",
    "ingest_nongeospatial",
    "load",
    "options",
    "submit",
    "types",
    "udf",
]


def submit(udf, arg_list, *, instance_type=None, **words):
    """Batch jobs of the later clients: one job for all elements; without a machine it would run at once."""
    if instance_type is None or words.get("engine") == "realtime":
        return tape.refuse("fused.submit without instance_type")
    return udf(arg_list=list(arg_list)).run_batch(instance_type, **words)


def run(udf=None, *args, instance_type=None, **words):
    """A batch job of the later clients; without a machine it would run at once."""
    if instance_type is None or not isinstance(udf, Udf):
        return tape.refuse("fused.run")
    start = ("region", "disk_size_gb", "additional_env", "image_name", "send_status_email", "cache_max_age", "name")
    said = {name: words.pop(name) for name in start if name in words}
    words.pop("engine", None)
    return udf(**words).run_batch(instance_type, **said)


def __getattr__(name):
    if name.startswith("__"):
        raise AttributeError(name)
    return tape.refuse(f"fused.{name}")
