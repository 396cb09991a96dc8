"""Files under `fd://`: upload in two steps or straight, list, read, sign, delete."""

import errno
import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from fused_spec.service.http.answers import not_found, problem, refuse, required, whole_number
from fused_spec.service.http.ranges import asked_span
from fused_spec.service.routes.context import BASE_PATH, is_first_generation, service_of
from fused_spec.service.storage.local import BadPath, Files, StorageTrouble, TooDeep

_TEMPORARY = "fd://fused-tmp"
_EXTENSION = re.compile(r"[\w.+ -]{0,100}")  # a file's name without a dot counts as its extension
_PUBLISHED = "x-fused-cache-disable"  # sent with every request of the published 2.x clients, and by no other
_DELETION_DEPTH = 2
_NO_SUCH_PATH = (errno.ENAMETOOLONG, errno.ENOTDIR, errno.EISDIR, errno.ELOOP, errno.EINVAL, errno.EILSEQ)


@contextmanager
def in_storage() -> Iterator[None]:
    """Turn what the storage refuses into answers."""
    try:
        yield
    except (BadPath, TooDeep) as error:
        raise refuse(400, str(error)) from None
    except StorageTrouble as error:
        raise refuse(502, str(error)) from None
    except OSError as error:
        if error.errno not in _NO_SUCH_PATH:
            raise
        raise refuse(400, f"the path cannot be: {error.strerror}") from None


async def sign_upload(request: Request) -> Response:
    return JSONResponse(_signed_post(request, _path(request)))


async def sign_temporary_upload(request: Request) -> Response:
    url = _temporary_url(request)
    return JSONResponse({"signed_post": _signed_post(request, url), "storage_url": url})


async def upload(request: Request) -> Response:
    """PUT `/files/upload`: the body is the content."""
    url = required(request, "path")
    if is_first_generation(request) or _PUBLISHED in request.headers:  # their direct upload quotes it once more
        url = unquote(url)
    with in_storage():
        await service_of(request).storage.write(url, request.stream())
    return JSONResponse(None)


async def upload_temporary(request: Request) -> Response:
    url = _temporary_url(request)
    with in_storage():
        await service_of(request).storage.write(url, request.stream())
    return JSONResponse(url)


async def listing(request: Request) -> Response:
    storage = service_of(request).storage
    with in_storage():
        return JSONResponse([storage.url(path) for path in await run_in_threadpool(storage.entries, _path(request))])


async def detailed_listing(request: Request) -> Response:
    storage = service_of(request).storage
    with in_storage():
        return JSONResponse(await run_in_threadpool(described, storage, _path(request)))


def described(storage: Files, url: str) -> list[dict[str, Any]]:
    """The entries of a folder, one by one."""
    return [entry for path in storage.entries(url) if (entry := storage.describe(path)) is not None]


async def get(request: Request) -> Response:
    """GET `/files/get`: 2.x clients quote the path once more for a download, and not for a get."""
    path = _path(request)
    return await content_answer(request, path, unquote(path))


async def content_answer(request: Request, url: str, other: str | None = None) -> Response:
    """The content of a file, or the part that is asked for, else of the other, or that there is none."""
    storage: Files = service_of(request).storage
    with in_storage():
        path = await run_in_threadpool(storage.file, url)
        if path is None and other not in (None, url):
            path = await run_in_threadpool(storage.file, other)
    if path is None:
        raise not_found("file")
    if isinstance(path, Path):
        return FileResponse(path)
    if (span := asked_span(request, path.size)) is not None:
        part = storage.part(path, span.start, span.end)
        return StreamingResponse(part, 206, media_type="application/octet-stream", headers=span.headers)
    size = {"Content-Length": str(path.size), "Accept-Ranges": "bytes"}
    return StreamingResponse(storage.pieces(path), media_type="application/octet-stream", headers=size)


async def sign(request: Request) -> Response:
    return JSONResponse(_signed_file(request, _path(request)))


async def sign_prefix(request: Request) -> Response:
    """Signed URLs of every file below a folder."""
    storage = service_of(request).storage
    with in_storage():
        found = await run_in_threadpool(lambda: list(storage.files_below(_path(request))))
        urls = [storage.url(path) for path in found]
    return JSONResponse({url: _signed_file(request, url) for url in urls})


async def delete(request: Request) -> Response:
    await request.body()  # the clients send one; unread, it would garble the next request
    depth = None
    if request.query_params.get("max_deletion_depth") != "unlimited":
        depth = whole_number(request, "max_deletion_depth", _DELETION_DEPTH, least=1)
    with in_storage():
        return JSONResponse(await run_in_threadpool(service_of(request).storage.delete, _path(request), depth))


async def resolve(request: Request) -> Response:
    """POST `/files/resolve`: where the file is, for code on the service's own machine."""
    with in_storage():
        return JSONResponse(service_of(request).storage.location(_path(request)))


def _path(request: Request) -> str:
    """The URL that is meant: 1.x clients quote it once more than the query does."""
    path = required(request, "path")
    return unquote(path) if is_first_generation(request) else path


def _temporary_url(request: Request) -> str:
    extension = request.query_params.get("extension", "bin").removeprefix(".")
    if not _EXTENSION.fullmatch(extension):
        raise problem("extension is no file extension", "query", "extension")
    return f"{_TEMPORARY}/{uuid.uuid4()}{'.' if extension else ''}{extension}"


def upload_of(length: str) -> str:
    """The use that an upload's signature is for: of at most so many bytes, or of any number."""
    return f"UPLOAD {length}".strip()


def _signed_post(request: Request, url: str) -> dict[str, object]:
    service = service_of(request)
    length = whole_number(request, "content_length", None)
    with in_storage():
        service.storage.path(url)
    expires = service.signer.expiry()
    fields = {"key": url, "expires": expires, **({} if length is None else {"length": str(length)})}
    fields["signature"] = service.signer.signature(upload_of(fields.get("length", "")), url, expires)
    return {"url": f"{request.url.scheme}://{request.url.netloc}{BASE_PATH}/signed/upload", "fields": fields}


def _signed_file(request: Request, url: str) -> str:
    with in_storage():
        service_of(request).storage.path(url)
    return service_of(request).signed_url(request, "GET", f"files/{url.removeprefix('fd://')}")


routes = [
    Route("/files/sign-upload", sign_upload),
    Route("/files/sign-upload-temp", sign_temporary_upload),
    Route("/files/upload", upload, methods=["PUT"]),
    Route("/files/upload-temp", upload_temporary, methods=["POST"]),
    Route("/files/list", listing),
    Route("/files/list-details", detailed_listing),
    Route("/files/get", get),
    Route("/files/sign", sign),
    Route("/files/sign_prefix", sign_prefix),
    Route("/files/delete", delete, methods=["DELETE"]),
    Route("/files/resolve", resolve, methods=["POST"]),
]
