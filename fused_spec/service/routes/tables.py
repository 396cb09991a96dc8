"""What 1.x clients ask about tables and packages: a UDF of the service's own reads the table."""

import sys
from importlib.metadata import packages_distributions, version
from importlib.resources import files

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from fused_spec.service.http.answers import problem, required
from fused_spec.service.routes import calls as realtime
from fused_spec.service.routes.context import service_of
from fused_spec.wire import Udf

_SIDES = ("bbox_minx", "bbox_miny", "bbox_maxx", "bbox_maxy")
_OPTIONS = ("n_rows", "clip", "buffer")


async def in_box(request: Request) -> Response:
    """GET `/table/download/bbox`: the rows of an ingested table that meet a box, as parquet."""
    query = request.query_params
    parameters = {
        "path": required(request, "path"),
        "bounds": [_number(request, name) for name in _SIDES],
        "columns": query.getlist("columns"),
        **{name: query[name] for name in _OPTIONS if name in query},
    }
    code = files("fused_spec.service.routes").joinpath("table_in_box.udf").read_text(encoding="utf-8")
    udf = Udf(entrypoint="table_in_box", code=code, parameters=parameters)
    service = service_of(request)
    run = realtime.begin(service, udf, asked="parquet", tile=None)
    return await realtime.answer(service, run, request)


async def dependencies(_: Request) -> Response:
    """GET `/internal/dependency-whitelist`: what a UDF can import, with its version."""
    modules = dict.fromkeys(sys.stdlib_module_names) | {
        name: version(packages[0]) for name, packages in packages_distributions().items()
    }
    return JSONResponse({"dependency_whitelist": modules})


def _number(request: Request, name: str) -> float:
    try:
        return float(required(request, name))
    except ValueError:
        raise problem(f"{name} is no number", "query", name) from None


routes = [
    Route("/table/download/bbox", in_box),
    Route("/internal/dependency-whitelist", dependencies),
]
