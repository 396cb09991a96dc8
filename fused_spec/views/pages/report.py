"""The file of a report: one page that needs nothing else, and allows nothing but its own style and script."""

from functools import cache

from jinja2 import Environment
from markupsafe import Markup

from fused_spec.maps.forms.html import Embedded, hashed
from fused_spec.maps.forms.html import script as map_script
from fused_spec.maps.forms.html import style as map_style
from fused_spec.maps.forms.templating import own_text, templates_of
from fused_spec.maps.model import Limits, MapData
from fused_spec.maps.styles import ALL as STYLES
from fused_spec.views.pages.data import PageData
from fused_spec.views.pages.tasks import MOST_LISTED
from fused_spec.views.pages.timeline import timeline
from fused_spec.views.words.english import duration, moment

_PACKAGE = "fused_spec.views.pages"
MOST_BYTES = 5_000_000
_LANE = 26.0  # pixels of a bar of the timeline
_MOST_MAPS = 6
_MOST_MAPPED = 1_200_000  # bytes of all maps together
_MOST_ROWS = 6_000  # tasks that are listed, of all runs together


def report(data: PageData) -> bytes:
    """The page; the same data make the same bytes. What would be too much is told with less, which the page says."""
    listed = max(1, min(MOST_LISTED, _MOST_ROWS // max(1, len(data.runs))))
    while True:
        made = _rendered(data, listed).encode()
        if len(made) <= MOST_BYTES or listed < 2:
            return made
        listed //= 2


def _rendered(data: PageData, listed: int) -> str:
    placed = [(run.job_id, run.place) for run in data.runs if run.place is not None][:_MOST_MAPS]
    made = [(run.job_id, run.made.place) for run in data.runs if run.made is not None and run.made.place is not None]
    count = len(placed) + len(made)
    maps = {job_id: _map(place, f"m{number}-", count) for number, (job_id, place) in enumerate(placed)}
    made_maps = {job_id: _map(place, f"o{number}-", count) for number, (job_id, place) in enumerate(made)}
    css, code = own("report.css") + _states() + map_style(), own("report.js") + (map_script() if count else "")
    policy = (
        f"default-src 'none'; style-src {hashed(css)}; script-src {hashed(code)}; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )
    template = environment().get_template("report.html.jinja")
    return template.render(
        data=data,
        maps=maps,
        made_maps=made_maps,
        timeline=timeline(data.runs, _LANE),
        lane=_LANE,
        listed=listed,
        leads={run.job_id: {(task.step, task.index) for task in run.tasks[:listed]} for run in data.runs},
        policy=policy,
        style=css,
        script=code,
    ).lstrip()


def _map(place: MapData, prefix: str, count: int) -> Embedded:
    from fused_spec.maps.drawing import embedded  # half a second, which a report without places spares

    return embedded(place, prefix, Limits(features=2_000 // count, size=_MOST_MAPPED // count))


@cache
def environment() -> Environment:
    """What all templates of pages share."""
    made = templates_of(_PACKAGE)
    made.filters |= {"duration": _duration, "moment": moment, "style": _style, "money": _money, "size": _size}
    return made


@cache
def own(name: str) -> Markup:
    """A style or a script of pages."""
    return own_text(_PACKAGE, name) + "\n"


@cache
def _states() -> Markup:
    rules = [f".s-{style.name}{{color:light-dark({style.light},{style.dark})}}" for style in STYLES.values()]
    return Markup("\n".join(rules) + "\n")  # noqa: S704


def _style(state: str) -> object:
    return STYLES[state.replace(" ", "-")]


def _duration(seconds: float | None) -> str:
    if seconds is None:
        return "unknown"
    return f"{seconds:.2g}s" if seconds < 10 else duration(seconds)


def _money(dollars: float | None) -> str:
    return "unknown" if dollars is None else f"${dollars:,.2f}" if dollars >= 0.01 or not dollars else "< $0.01"


def _size(count: int | None) -> str:
    return "" if count is None else f"{count / 2**20:,.0f} MiB"
