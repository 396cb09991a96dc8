"""Results on a map, for Python code and notebooks."""

from collections.abc import Sequence
from html import escape
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

from fused_spec.cli.outputs.finding import output_of
from fused_spec.cli.outputs.mapping import OUTPUTS, map_of
from fused_spec.cli.outputs.telling import read_facts
from fused_spec.engine.outputs.model import Told
from fused_spec.maps.drawing import draw, form_of
from fused_spec.maps.model import Form, MapData
from fused_spec.system.drafts import written_whole
from fused_spec.views.text.outputs import totals

if TYPE_CHECKING:
    from fused_spec.api.values.results import JobResult

_HEIGHT = 640


class Map:
    """A map; notebooks show it, and it asks nothing any more."""

    def __init__(self, data: MapData) -> None:
        self.data = data

    def save(self, path: str | PathLike[str]) -> Path:
        """Write it to a file in the form that its name ends with: `.html`, `.svg`, `.png` or `.geojson`.

        Raises `Misconfigured` for another.
        """
        form = form_of(Path(path).name)
        return written_whole(Path(path), lambda draft: draft.write_bytes(draw(self.data, form)))

    def __repr__(self) -> str:
        return f"<map of {self.data.title}>"

    def _repr_html_(self) -> str:
        """The page in a frame of its own, which reaches neither the notebook nor any network."""
        page = draw(self.data, Form.HTML).decode()
        style = f"width:100%;height:{_HEIGHT}px;border:0"
        return f'<iframe sandbox="allow-scripts" style="{style}" srcdoc="{escape(page)}"></iframe>'


def map_of_results(results: "Sequence[JobResult]", title: str) -> Map:
    """Raises `UnreadableOutput` when none of them lies anywhere."""
    outputs = [output_of(result) for result in results]
    facts = read_facts(outputs, OUTPUTS)
    told = [Told(output, facts[output]) for output in outputs]
    return Map(map_of(title, told, totals(told)))
