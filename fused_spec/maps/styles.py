"""How states, sides and layers look: a colour, a hatching and a glyph each, and never a colour alone.

Colours are those of Okabe and Ito, which people with any kind of colour vision tell apart, made darker on light ground
and lighter on dark until each has a contrast of 4.5 to land and sea.
"""

from dataclasses import dataclass

from fused_spec.maps.model import Side, State

SEA = ("#f4f8fb", "#0f161d")
LAND = ("#e8e4db", "#252d35")
"""On light ground, and on dark."""


@dataclass(frozen=True, slots=True)
class Style:
    name: str
    """What it is called in classes and ids."""
    glyph: str
    word: str
    light: str
    dark: str
    hatching: str
    """The path of its lines in a square of eight pixels."""
    mark: str = ""
    """The path of its glyph around 0, 0."""
    is_filled: bool = False


_DISC = "M-4 0a4 4 0 1 0 8 0a4 4 0 1 0-8 0z"
_RISING, _FALLING = "M-2 2l4-4M0 8l8-8M6 10l4-4", "M-2 6l4 4M0 0l8 8M6-2l4 4"

_QUESTION = "M-2.6-2.4a2.6 2.6 0 1 1 4 2.2q-1.4.8-1.4 2M0 4.6v.3"

_STATES = (
    Style("failed", "✗", "failed", "#a83a00", "#ff9a66", _RISING, "M-4-4l8 8M4-4l-8 8"),
    Style("held", "!", "held", "#7d5200", "#f0c542", "M4 0v8", "M0-5v6M0 4.4v.4"),
    Style("cancelled", "⊘", "cancelled", "#8a3d6e", "#e6a6cb", _RISING + _FALLING, _DISC + "M-2.8 2.8l5.6-5.6"),
    Style(
        "unknown",
        "?",
        "unknown",
        "#4d4d4d",
        "#d0d0d0",
        "M1 1h1M5 5h1",
        _QUESTION,
    ),
    Style("running", "●", "running", "#005a9c", "#6cc0f0", _FALLING, _DISC, is_filled=True),
    Style("queued", "▒", "queued", "#5c5c5c", "#b4b4b4", "M0 4h8", "M-4-3h8M-4 0h8M-4 3h8"),
    Style("not-started", "○", "not started", "#6a6a6a", "#a8a8a8", "", _DISC),
    Style("succeeded", "✓", "succeeded", "#00694c", "#3ccfa4", "", "M-4.5.5l3 3 6-7"),
)
_SIDES = (
    Style("before", "\N{MINUS SIGN}", "before", "#005a9c", "#6cc0f0", _FALLING, "M-4 0h8"),
    Style("after", "+", "after", "#a83a00", "#ff9a66", "", "M-4 0h8M0-4v8"),
)
_LAYERS = (
    Style("layer-1", "▬", "", "#005a9c", "#6cc0f0", ""),
    Style("layer-2", "▬", "", "#a83a00", "#ff9a66", _RISING),
    Style("layer-3", "▬", "", "#00694c", "#3ccfa4", _FALLING),
    Style("layer-4", "▬", "", "#8a3d6e", "#e6a6cb", "M4 0v8"),
)
ALL = {style.name: style for style in (*_STATES, *_SIDES, *_LAYERS)}


def key_of(state: State | None, side: Side | None, layer: int) -> str:
    """The style of a feature; how it stands counts most."""
    if state is not None:
        return state.value.replace(" ", "-")
    return side.value if side is not None else _LAYERS[layer % len(_LAYERS)].name
