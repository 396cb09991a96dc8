"""A map as a page of one file, or as parts of a page that somebody else makes."""

import base64
import hashlib
from dataclasses import dataclass

from markupsafe import Markup

from fused_spec.maps.forms.templating import colours, environment, keys_of, own
from fused_spec.maps.scenes.scene import Scene


@dataclass(frozen=True, slots=True)
class Embedded:
    """Parts of a page, each of escaped text. The page has `style()` once in its style and `script()` in its script."""

    figure: Markup
    notes: Markup
    list: Markup


def style() -> Markup:
    """The style of maps in a page."""
    return colours() + own("html.css")


def script() -> Markup:
    """The script of all maps of a page; it goes to the page's end."""
    return own("map.js")


def embedded(scene: Scene, prefix: str) -> Embedded:
    """The map for a page; the prefix keeps its ids apart from those of other maps."""
    parts = environment().get_template("parts.html.jinja").module
    return Embedded(
        parts.figure(scene, keys_of(scene), prefix),  # type: ignore[attr-defined]
        parts.notes(scene),  # type: ignore[attr-defined]
        parts.list(scene),  # type: ignore[attr-defined]
    )


def html(scene: Scene) -> str:
    """The page. Its policy allows its own style and script, by their hashes, the pictures in it, and nothing else."""
    css, code = own("page.css") + style(), script()
    policy = (
        f"default-src 'none'; style-src {hashed(css)}; script-src {hashed(code)}; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )
    template = environment().get_template("page.html.jinja")
    return template.render(scene=scene, keys=keys_of(scene), policy=policy, style=css, script=code).lstrip()


def hashed(text: str) -> str:
    """How a policy names a style or a script that it allows."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
