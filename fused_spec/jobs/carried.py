"""What the metadata of a config, or of one of its steps, carries for whoever runs it, under a name of our own."""

from collections.abc import Mapping
from typing import Any

FIELD = "fused-spec"


def carried_in(metadata: Any) -> Mapping[str, Any]:
    """What stands there; empty where nothing does, and for what anybody else wrote that is nothing of the kind."""
    carried = metadata.get(FIELD) if isinstance(metadata, Mapping) else None
    return carried if isinstance(carried, Mapping) else {}
