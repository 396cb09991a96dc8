"""The registry of saved UDFs."""

from pydantic import ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from fused_spec.messages.redaction import redact
from fused_spec.service.http.answers import existing, not_found, page, problem, read_model, refuse, required
from fused_spec.service.routes.context import BASE_PATH, service_of
from fused_spec.service.udfs.collections import DEFAULT
from fused_spec.service.udfs.registry import EMAIL, OWN_NAMES, SlugTaken, Udf
from fused_spec.udfs.folder import BadUdfFolder
from fused_spec.udfs.gitrefs import GitUnavailable
from fused_spec.wire import Udf as UdfBody
from fused_spec.wire import UdfSave


async def save_new(request: Request) -> Response:
    return await _save(request, None)


async def save_over(request: Request) -> Response:
    return await _save(request, _by_id(request))


async def get(request: Request) -> Response:
    return JSONResponse(_by_id(request).as_answer())


async def delete(request: Request) -> Response:
    udf = _by_id(request)
    service_of(request).udfs.remove(udf)
    service_of(request).tokens.remove_all_of(udf)
    return JSONResponse(udf.as_answer())


async def own(request: Request) -> Response:
    """The saved UDFs."""
    return _listed(request, public=False)


async def public(request: Request) -> Response:
    """The UDFs that anybody may see; those of other people are none."""
    return _listed(request, public=True)


async def named(request: Request) -> Response:
    """By slug and collection, under whichever of its user's names; `public` is anybody's."""
    user = request.path_params.get("user", "public" if request.scope["path"].startswith(_PUBLIC) else EMAIL)
    if user not in (*OWN_NAMES, "public"):
        raise not_found("user")
    udf = service_of(request).udfs.named(request.path_params["slug"], request.path_params.get("collection", DEFAULT))
    if udf is None or (user == "public" and not udf.allow_public_read):
        raise not_found("UDF")
    return JSONResponse(udf.as_answer())


async def invalidate(request: Request) -> Response:
    """DELETE of what is cached of a UDF's results: nothing is, so all of it is gone."""
    if service_of(request).udfs.get(request.path_params["udf_id"]) is None:
        raise not_found("UDF")
    return JSONResponse(None)


async def shared(request: Request) -> Response:
    """The UDF behind an access token."""
    service = service_of(request)
    token = service.tokens.get(request.path_params["token"])
    udf = service.udfs.get(token.udf_id) if token is not None and token.enabled else None
    if udf is None:
        raise not_found("UDF")
    return JSONResponse(udf.as_answer())


async def from_page(request: Request) -> Response:
    """GET `/code-proxy/by-url`: a UDF in git, by the URL of its page or folder there."""
    url = required(request, "url")
    try:
        udf = await run_in_threadpool(service_of(request).git.read, url)
    except (GitUnavailable, BadUdfFolder) as error:
        raise refuse(404, redact(f"{error}; {error.hint}" if error.hint else str(error))) from None
    if udf is None:
        raise refuse(
            404, f"{redact(url)} names no UDF; name a folder or file in git, as https://github.com/…/tree/COMMIT/PATH"
        )
    return JSONResponse({"slug": udf.name, "udf_body": udf.model_dump_json(), "udf_type": "auto", "is_visible": True})


async def _save(request: Request, before: Udf | None) -> Response:
    body = await read_model(request, UdfSave)
    try:
        udf = UdfBody.model_validate_json(body.udf_body)
    except ValidationError as error:
        first = error.errors()[0]
        raise problem(f"{'.'.join(map(str, first['loc']))}: {first['msg']}", "body", "udf_body") from None
    service = service_of(request)
    if not (slug := body.slug or (before.slug if before else None) or udf.name or udf.entrypoint):
        raise problem("the UDF has no name to be saved under", "body", "slug")
    if body.collection_id is not None and service.collections.get(body.collection_id) is None:
        raise not_found("collection")
    try:
        return JSONResponse(service.udfs.save(slug, body, before).as_answer())
    except SlugTaken as error:
        raise refuse(409, str(error)) from None


def _listed(request: Request, *, public: bool) -> Response:
    """One page; `udf_type=app` asks for apps, any other word for what is none."""
    kind = request.query_params.get("udf_type")
    apps = None if kind is None else kind == "app"
    found = service_of(request).udfs.list(*page(request), apps=apps, public=public)
    return JSONResponse([udf.as_answer() for udf in found])


def _by_id(request: Request) -> Udf:
    return existing(service_of(request).udfs.get(request.path_params["udf_id"]), "UDF")


_PUBLIC = f"{BASE_PATH}/udf/public/"
_ANY_COLLECTION = ("by-slug/{slug}", "by-collection/{collection}/by-slug/{slug}")

routes = [
    Route("/udf/new", save_new, methods=["POST"]),
    Route("/udf/by-id/{udf_id}", get),
    Route("/udf/by-id/{udf_id}", save_over, methods=["POST"]),
    Route("/udf/by-id/{udf_id}", delete, methods=["DELETE"]),
    Route("/udf/self", own),
    Route("/udf/exec-env/self", own),
    Route("/udf/public", public),
    *(
        Route(f"/udf/{whose}/{rest}", named)
        for whose in ("by-user-email/{user}", "by-user-handle/{user}", "exec-env/self", "public")
        for rest in _ANY_COLLECTION
    ),
    Route("/udf/shared/by-token/{token}", shared),
    Route("/realtime-shared/{client_id}/udf-cache/by-id/{udf_id}/delete", invalidate, methods=["DELETE"]),
    Route("/code-proxy/by-url", from_page),
]
