"""Show a person what a command took."""

from collections.abc import Iterator

from fused_spec.messages.phrases import counted
from fused_spec.system.stopwatch import Route, Took


def timings_text(took: Took) -> str:
    """Phases, requests and caches, each with a line; what was not there has none."""
    return "\n".join([*_phases(took), *_requests(took), *_caches(took)])


def _phases(took: Took) -> Iterator[str]:
    yield f"Took {took.seconds:.3f} s."
    for phase, seconds in took.phases.items():
        yield f"  {phase:<10}{seconds:10.3f} s"
    yield f"  {'the rest':<10}{took.rest:10.3f} s"
    for phase, seconds in took.beside.items():
        yield f"  {phase:<10}{seconds:10.3f} s beside that, in other threads"


def _requests(took: Took) -> Iterator[str]:
    if not took.routes:
        return
    yield f"Requests: {_moved(took.all_routes)}."
    for name, route in took.routes.items():
        yield f"  {name}: {_moved(route)}"


def _moved(route: Route) -> str:
    failed = f", {route.failed} of them failed" if route.failed else ""
    bodies = f"{route.sent:,} bytes out, {route.received:,} in"
    return f"{counted(route.requests, 'request')}{failed}, {route.seconds:.3f} s, {bodies}"


def _caches(took: Took) -> Iterator[str]:
    if took.caches:
        yield "Caches:"
    for cache, asked in took.caches.items():
        yield f"  {cache}: {counted(asked.hits, 'hit')}, {asked.misses} {'miss' if asked.misses == 1 else 'misses'}"
