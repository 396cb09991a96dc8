"""Collections of saved UDFs, which 2.x clients call canvases as well; they are shared with nobody."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from fused_spec.service.http.answers import existing, page, problem, read_model, refuse
from fused_spec.service.routes.context import service_of
from fused_spec.service.udfs.collections import DEFAULT, Collection, NameTaken, NotEmpty
from fused_spec.wire import CollectionSave

_NOT_SHARED = (
    "this service has one user and shares no collections; an access token of a UDF (POST /udf-access-token/new) lets "
    "others run it"
)
_NO_ARCHIVES = "this service neither exports nor imports collections; save their UDFs one by one with to_fused"


async def create(request: Request) -> Response:
    body = await _body(request)
    try:
        return JSONResponse(service_of(request).collections.add(body).as_answer())
    except NameTaken as error:
        raise refuse(409, str(error)) from None


async def update(request: Request) -> Response:
    found, body = _by_id(request), await _body(request)
    if found.id == DEFAULT and body.name != found.name:
        raise refuse(409, "the default collection keeps its name")
    try:
        changed = service_of(request).collections.change(found, body)
    except NameTaken as error:
        raise refuse(409, str(error)) from None
    service_of(request).udfs.changes += 1  # jobs find UDFs under the collection's name
    return JSONResponse(changed.as_answer())


async def get(request: Request) -> Response:
    return JSONResponse(_by_id(request).as_answer())


async def delete(request: Request) -> Response:
    found = _by_id(request)
    if found.id == DEFAULT:
        raise refuse(409, "the default collection cannot be deleted")
    try:
        service_of(request).collections.remove(found)
    except NotEmpty as error:
        raise refuse(409, str(error)) from None
    return JSONResponse(found.as_answer())


async def named(request: Request) -> Response:
    found = service_of(request).collections.named(request.path_params["name"])
    return JSONResponse(existing(found, "collection").as_answer())


async def every(request: Request) -> Response:
    return JSONResponse([one.as_answer() for one in service_of(request).collections.list(*page(request))])


async def not_shared(request: Request) -> Response:
    await request.body()
    raise refuse(403, _NOT_SHARED)


async def no_archives(request: Request) -> Response:
    raise refuse(403, _NO_ARCHIVES, {"Connection": "close"})  # an archive that was sent is left unread


async def _body(request: Request) -> CollectionSave:
    body = await read_model(request, CollectionSave)
    if body.udfs is not None:
        raise problem("a collection's UDFs are saved one by one, with POST /udf/new", "body", "udfs")
    return body


def _by_id(request: Request) -> Collection:
    return existing(service_of(request).collections.get(request.path_params["collection_id"]), "collection")


_ID = "/collection/by-id/{collection_id}"

routes = [
    Route("/collection/new", create, methods=["POST"]),
    Route(_ID, get),
    Route(_ID, update, methods=["POST"]),
    Route(_ID, delete, methods=["DELETE"]),
    Route(f"{_ID}/export-toml", no_archives),
    Route(f"{_ID}/import-toml", no_archives, methods=["POST"]),
    *(Route(f"/collection/{whose}/{{name}}", named) for whose in ("by-name", "exec-env/by-slug")),
    *(Route(f"/collection/{whose}", every) for whose in ("self", "self/lite", "exec-env", "exec-env/lite")),
    *(Route(f"/collection/{what}", not_shared, methods=["POST"]) for what in ("share", "unshare")),
    Route("/session-token/by-access-token/{token}", not_shared, methods=["POST"]),
]
