"""What signed URLs lead to: no token is asked for here, the signature is the right to come."""

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager

from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from fused_spec.jobs.folder import result_content, result_file
from fused_spec.service.http.answers import content_type_of, not_found, refuse
from fused_spec.service.http.form import BadForm, Form
from fused_spec.service.jobs.results import metadata_beside, result_named
from fused_spec.service.routes.context import service_of
from fused_spec.service.routes.files import content_answer, in_storage, upload_of

_SIGNED_FIELDS = ("key", "length", "expires", "signature")


async def config(request: Request) -> Response:
    _check(request)
    run = service_of(request).runs.get(request.path_params["job_id"])
    if run is None:
        raise not_found("job")
    return Response(run.config, media_type="application/json")


async def result(request: Request) -> Response:
    """A stored result or what is known beside it; `None` is an empty body."""
    _check(request)
    service, name = service_of(request), request.path_params["name"]
    run = service.runs.get(request.path_params["job_id"])
    job = service.supervisor.job_dir(request.path_params["job_id"])
    known = result_named(job, run, name.removesuffix(".metadata")) if run is not None else None
    if known is None:
        raise not_found("result")
    if name.endswith(".metadata"):
        return Response(metadata_beside(job, known), media_type="application/json")
    kind = content_type_of(known)
    file = result_file(job, known)
    return (
        Response(result_content(job, known), media_type=kind) if file is None else FileResponse(file, media_type=kind)
    )


async def download(request: Request) -> Response:
    _check(request)
    return await content_answer(request, f"fd://{request.path_params['path']}")


async def upload(request: Request) -> Response:
    """The multipart POST that follows `/files/sign-upload`: its fields come first and carry the signature."""
    form = Form(request.headers.get("content-type", ""), request.stream())
    with readable_form():
        content = await form.begin()
        key, length, expires, signature = (form.fields.get(name, "") for name in _SIGNED_FIELDS)
        if not service_of(request).signer.holds(upload_of(length), key, expires, signature):
            raise refuse(403, "the signature is not ours, or has expired", {"Connection": "close"})
        with in_storage():
            await service_of(request).storage.write(key, _at_most(content, int(length) if length else None))
    return Response(status_code=204)


@contextmanager
def readable_form() -> Iterator[None]:
    """Turn what is wrong with a form into an answer."""
    try:
        yield
    except BadForm as error:
        raise refuse(400, str(error), {"Connection": "close"}) from None


async def _at_most(content: AsyncIterator[bytes], length: int | None) -> AsyncIterator[bytes]:
    size = 0
    async for piece in content:
        size += len(piece)
        if length is not None and size > length:
            raise BadForm(f"the file is larger than the {length} bytes that were signed")
        yield piece


def _check(request: Request) -> None:
    expires, signature = (request.query_params.get(name, "") for name in ("expires", "signature"))
    if not service_of(request).signer.holds("GET", request.scope["path"], expires, signature):
        raise refuse(403, "the signature is not ours, or has expired")


routes = [
    Route("/signed/config/{job_id}", config),
    Route("/signed/results/{job_id}/{name}", result),
    Route("/signed/files/{path:path}", download),
    Route("/signed/upload", upload, methods=["POST"]),
]
