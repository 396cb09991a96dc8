"""Show where a field comes from: a line for each layer that says something of it, the strongest last and marked."""

import json
from collections.abc import Sequence
from typing import Any, Protocol

from fused_spec.messages.diagnostics import Location
from fused_spec.messages.phrases import cut

_WIDTH = 60


class SaidBy(Protocol):
    """What one layer says."""

    @property
    def layer(self) -> str: ...
    @property
    def value(self) -> Any: ...
    @property
    def place(self) -> Location | None: ...
    @property
    def via(self) -> str | None: ...


def explanation_text(name: str, field: str, said: Sequence[SaidBy]) -> str:
    """The layers from weak to strong; where the last two are mappings, they are merged."""
    if not said:
        return f"{name}: nothing says {field}"
    values = [cut(json.dumps(one.value, ensure_ascii=False), _WIDTH) for one in said]
    names = max(len(one.layer) for one in said)
    width = max(map(len, values))
    lines = [f"{name}: {field}"]
    last = len(said) - 1
    for index, (one, value) in enumerate(zip(said, values, strict=True)):
        mark = ">" if index == last else " "
        place = str(one.place) if one.place is not None else ""
        via = f" through {one.via}" if one.via is not None else ""
        lines.append(f"{mark} {one.layer:<{names}}  {value:<{width}}  {place}{via}".rstrip())
    return "\n".join(lines)
