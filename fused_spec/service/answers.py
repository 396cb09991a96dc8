"""Answers in the form that every generation of the client understands, and the reading of bodies.

Errors are `{"detail": …}` as `application/json` and nothing after it: the clients compare the header exactly.
"""

import json
from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

_LARGEST_BODY = 64 * 1024 * 1024
_LARGEST_NUMBER = 2**53

Model = TypeVar("Model", bound=BaseModel)


class Invalid(Exception):
    """A request that cannot be understood; `problems` are in the form of a 422."""

    def __init__(self, problems: list[dict[str, Any]]) -> None:
        super().__init__(problems)
        self.problems = problems


def problem(message: str, *place: str | int) -> Invalid:
    return Invalid([{"loc": list(place), "msg": message, "type": "value_error"}])


def refuse(status: int, detail: str) -> HTTPException:
    return HTTPException(status, detail)


def not_found(what: str) -> HTTPException:
    return HTTPException(404, f"{what} not found")


def error_answer(_: Request, error: Exception) -> Response:
    """The answer to an `HTTPException`, also to those of the router."""
    assert isinstance(error, HTTPException)
    return JSONResponse({"detail": error.detail}, status_code=error.status_code, headers=error.headers)


def invalid_answer(_: Request, error: Exception) -> Response:
    assert isinstance(error, Invalid)
    return JSONResponse({"detail": error.problems}, status_code=422)


async def read_body(request: Request) -> bytes:
    """The whole body; refuses what no sensible request sends."""
    pieces, size = [], 0
    async for piece in request.stream():
        size += len(piece)
        if size > _LARGEST_BODY:
            raise refuse(413, f"the body is larger than {_LARGEST_BODY // 1024**2} MiB")
        pieces.append(piece)
    return b"".join(pieces)


async def read_model(request: Request, model: type[Model]) -> Model:
    """The JSON body as a wire model; raises `Invalid`."""
    try:
        content = json.loads(await read_body(request))
    except (ValueError, RecursionError):
        raise problem("the body is no JSON", "body") from None
    if not isinstance(content, Mapping):
        raise problem("the body is no JSON object", "body")
    try:
        return model.model_validate(content)
    except ValidationError as error:
        raise Invalid(
            [
                {"loc": ["body", *one["loc"]], "msg": one["msg"], "type": one["type"]}
                for one in error.errors(include_url=False, include_context=False, include_input=False)
            ]
        ) from None


def whole_number(request: Request, name: str, default: int | None, *, least: int = 0) -> int | None:
    """A number of the query; raises `Invalid`."""
    text = request.query_params.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.lstrip("-").isdigit() and least <= int(text) <= _LARGEST_NUMBER):
        raise problem(f"{name} is no whole number from {least} on", "query", name)
    return int(text)


def page(request: Request) -> tuple[int, int]:
    """`skip` and `limit` of a listing."""
    return whole_number(request, "skip", 0) or 0, min(whole_number(request, "limit", 25, least=1) or 25, 1000)


def required(request: Request, name: str) -> str:
    """A text of the query that must be there."""
    if not (text := request.query_params.get(name)):
        raise problem(f"{name} is missing", "query", name)
    return text
