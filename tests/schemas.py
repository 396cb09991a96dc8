"""The published schemas of what commands print and archives keep."""

import json
from pathlib import Path
from typing import Any

_FOLDER = Path(__file__).parent.parent / "schemas/output"


def schema_of(name: str) -> Any:
    """Such as that of `facts`."""
    return json.loads((_FOLDER / f"{name}.schema.json").read_text(encoding="utf-8"))
