"""A map in a file of this machine."""

from pathlib import Path

from fused_spec.cli.terminal.context import Context
from fused_spec.maps.drawing import draw, form_of
from fused_spec.maps.model import MapData
from fused_spec.system.drafts import written_whole
from fused_spec.views.text.outputs import saved_text


def draw_file(context: Context, data: MapData, file: Path) -> Path:
    """Write the map in the form that the file's name says, and tell of it; returns where it is."""
    content = draw(data, form_of(file.name))
    path = written_whole(context.cwd / file.expanduser(), lambda draft: draft.write_bytes(content))
    for line in saved_text([path], len(content)):
        context.console.say(line)
    return path
