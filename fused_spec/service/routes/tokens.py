"""UDF access tokens."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from fused_spec.service.http.answers import existing, page, read_model
from fused_spec.service.routes.context import ENVIRONMENT_ID, USER_ID, Service, service_of
from fused_spec.service.udfs.registry import OWN_NAMES, Token, Udf
from fused_spec.wire import TokenCreate, TokenUpdate


async def create(request: Request) -> Response:
    body = await read_model(request, TokenCreate)
    service = service_of(request)
    return _answer(service.tokens.create(body, existing(_udf(service, body), "UDF")))


async def get(request: Request) -> Response:
    return _answer(_token(request))


async def update(request: Request) -> Response:
    token = _token(request)
    return _answer(service_of(request).tokens.change(token, await read_model(request, TokenUpdate)))


async def delete(request: Request) -> Response:
    token = _token(request)
    service_of(request).tokens.remove(token)
    return _answer(token)


async def own(request: Request) -> Response:
    tokens = service_of(request).tokens.list(*page(request))
    return JSONResponse([token.as_answer(USER_ID, ENVIRONMENT_ID) for token in tokens])


def _udf(service: Service, body: TokenCreate) -> Udf | None:
    """By id, else by e-mail and name."""
    if body.udf_id is not None:
        return service.udfs.get(body.udf_id)
    if body.udf_slug is None or body.udf_email not in (None, *OWN_NAMES):
        return None
    return service.udfs.named(body.udf_slug)


def _token(request: Request) -> Token:
    return existing(service_of(request).tokens.get(request.path_params["token"]), "token")


def _answer(token: Token) -> Response:
    return JSONResponse(token.as_answer(USER_ID, ENVIRONMENT_ID))


routes = [
    Route("/udf-access-token/new", create, methods=["POST"]),
    Route("/udf-access-token/self", own),
    Route("/udf-access-token/all", own),
    Route("/udf-access-token/by-token/{token}", get),
    Route("/udf-access-token/by-token/{token}", update, methods=["POST"]),
    Route("/udf-access-token/by-token/{token}", delete, methods=["DELETE"]),
]
