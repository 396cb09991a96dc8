"""A map as one SVG file."""

from fused_spec.maps.forms.layout import laid_out
from fused_spec.maps.forms.templating import colours, environment, keys_of
from fused_spec.maps.scenes.scene import Scene


def svg(scene: Scene) -> str:
    """The file; it needs no script and no font, and follows the colour scheme of whoever looks at it."""
    template = environment().get_template("whole.svg.jinja")
    return template.render(scene=scene, layout=laid_out(scene), keys=keys_of(scene), css=colours()).lstrip()
