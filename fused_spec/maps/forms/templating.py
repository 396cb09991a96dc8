"""The templates, in which every text is escaped and nothing that is missing is passed over."""

import base64
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from itertools import groupby

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from fused_spec.maps.scenes.scene import Scene, Shape, Swatch
from fused_spec.maps.styles import ALL, LAND, SEA, Style

_PACKAGE = "fused_spec.maps.forms"
_ROOM = 15.0  # pixels that a glyph needs within its feature


@dataclass(frozen=True, slots=True)
class Group:
    """Shapes of one style that lie on each other's height."""

    key: str
    shapes: Sequence[Shape]


def templates_of(package: str) -> Environment:
    """What the templates of a package share: every text is escaped, and nothing that is missing is passed over."""
    return Environment(
        loader=PackageLoader(package),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def own_text(package: str, name: str) -> Markup:
    """A style or a script of a package: the one place where text is believed as it is, since we wrote it."""
    text = (resources.files(package) / "templates" / name).read_text(encoding="utf-8")
    return Markup("\n".join(line.strip() for line in text.splitlines()))  # noqa: S704


@cache
def environment() -> Environment:
    """What all templates of maps share."""
    made = templates_of(_PACKAGE)
    made.filters |= {"short": short, "base64": _base64, "groups": _groups, "is_marked": is_marked}
    made.globals |= {"styles": ALL, "sea": SEA, "land": LAND}
    return made


@cache
def own(name: str) -> Markup:
    """A style or a script of maps."""
    return own_text(_PACKAGE, name)


@cache
def colours() -> Markup:
    """The style of a map's own SVG: what is otherwise on dark ground."""
    return Markup(environment().get_template("map.css.jinja").render())  # noqa: S704


def keys_of(scene: Scene) -> list[Style]:
    """The styles that a scene uses."""
    used = {shape.key for shape in scene.shapes} | {one.key for one in scene.legend if isinstance(one, Swatch)}
    return [style for style in ALL.values() if style.name in used]


def short(number: float) -> str:
    """A number without the digits that say nothing."""
    return f"{number:.1f}".rstrip("0").rstrip(".")


def is_marked(shape: Shape) -> bool:
    """Whether a glyph says the state on the shape itself: where there is room, and on what is only a dot."""
    return bool(ALL[shape.key].mark) and (bool(shape.dots) or min(shape.size) >= _ROOM)


def _groups(shapes: Sequence[Shape]) -> Iterator[Group]:
    return (Group(key, tuple(many)) for key, many in groupby(shapes, lambda shape: shape.key))


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
