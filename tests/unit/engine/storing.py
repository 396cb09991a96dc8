"""Store a value as a file that readers of its format can open."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fused_spec.engine.calling.tiles import Tile
from fused_spec.engine.results.storing import stored_form


@dataclass(frozen=True, kw_only=True)
class Written:
    name: str
    content_type: str
    status: int | None = None


def write_result(
    value: Any, folder: Path, index: int, formats: Sequence[str] = (), *, tile: Tile | None = None
) -> Written:
    """Write the stored form of a value as `<index>.<suffix>`."""
    form = stored_form(value, formats, tile=tile)
    (folder / f"{index}.{form.suffix}").write_bytes(form.content)
    return Written(name=f"{index}.{form.suffix}", content_type=form.content_type, status=form.status)
