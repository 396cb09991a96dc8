"""The shared disk of an instance, `file:///mount/…` to 2.x clients: the folder `fd://mount/` here."""

from pydantic import Field
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from fused_spec.service.http.answers import problem, read_model, required
from fused_spec.service.http.form import Form
from fused_spec.service.routes.context import service_of
from fused_spec.service.routes.files import content_answer, described, in_storage
from fused_spec.service.routes.signed import readable_form
from fused_spec.wire.base import WireModel

_FOLDER = "fd://mount/"


class Item(WireModel):
    """The body of most of these requests: a path below the mount."""

    item: str = Field(default="")


async def listing(request: Request) -> Response:
    body = await read_model(request, Item)
    storage = service_of(request).storage
    with in_storage():
        entries = await run_in_threadpool(described, storage, _url(body.item))
    items = [{**entry, "url": entry["url"].removeprefix(_FOLDER).rstrip("/")} for entry in entries]
    return JSONResponse({"items": items})


async def download(request: Request) -> Response:
    return await content_answer(request, _url(required(request, "file_name")))


async def upload(request: Request) -> Response:
    form = Form(request.headers.get("content-type", ""), request.stream())
    with readable_form():
        content = await form.begin()
        url = _url(f"{form.fields.get('dir', '')}/{form.file_name}")
        with in_storage():
            await service_of(request).storage.write(url, content)
    return JSONResponse({"item": url.removeprefix(_FOLDER)})


async def delete(request: Request) -> Response:
    body = await read_model(request, Item)
    if not body.item.strip("/"):
        raise problem("item is missing; the mount itself cannot be deleted", "body", "item")
    with in_storage():
        return JSONResponse(await run_in_threadpool(service_of(request).storage.delete, _url(body.item), None))


def _url(item: str) -> str:
    return _FOLDER + item.removeprefix("/")


_INSTANCE = "/efs/{client_id}"

routes = [
    Route(f"{_INSTANCE}/list", listing, methods=["POST"]),
    Route(f"{_INSTANCE}/download", download),
    Route(f"{_INSTANCE}/upload", upload, methods=["POST"]),
    Route(f"{_INSTANCE}/delete-file", delete, methods=["DELETE"]),
    Route(f"{_INSTANCE}/delete-dir", delete, methods=["DELETE"]),
]
