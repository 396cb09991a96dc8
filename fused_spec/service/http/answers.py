"""What a request holds, read and checked, and how a route refuses one; `faults` makes answers of it."""

import json
import re
from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import from_json
from starlette.exceptions import HTTPException
from starlette.requests import Request

from fused_spec.jobs.folder import EMPTY, Result

_WHOLE_NUMBER = re.compile(r"-?[0-9]{1,15}")
_MAY_OVERFLOW = re.compile(rb"[0-9]{200}|[eE]\+?[0-9]{3}")  # a number that may read as infinity, which JSON has not
_PAGE, _LARGEST_PAGE = 25, 10_000

Model = TypeVar("Model", bound=BaseModel)
Found = TypeVar("Found")


class Invalid(Exception):
    """A request that cannot be understood; `problems` are in the form of a 422."""

    def __init__(self, problems: list[dict[str, Any]]) -> None:
        super().__init__(problems)
        self.problems = problems


def problem(message: str, *place: str | int) -> Invalid:
    return Invalid([{"loc": list(place), "msg": message, "type": "value_error"}])


def refuse(status: int, detail: str, headers: Mapping[str, str] | None = None) -> HTTPException:
    return HTTPException(status, detail, headers)


def content_type_of(result: Result) -> str:
    """As its worker, which ran foreign code, tells it, where a header can carry that."""
    told = result.content_type or ""
    return told if told and told.isascii() and told.isprintable() else EMPTY


def not_found(what: str) -> HTTPException:
    return HTTPException(404, f"{what} not found")


def existing(found: Found | None, what: str) -> Found:
    """What was looked for; raises a 404 that names it when it is not there."""
    if found is None:
        raise not_found(what)
    return found


async def read_model(request: Request, model: type[Model]) -> Model:
    """The JSON body as a wire model; raises `Invalid`."""
    body = await request.body()
    try:
        content = from_json(body, allow_inf_nan=False)
        if _MAY_OVERFLOW.search(body):
            json.dumps(content, allow_nan=False)
    except ValueError as error:
        raise problem(f"the body is no JSON: {error}", "body") from None
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
    if not (_WHOLE_NUMBER.fullmatch(text) and int(text) >= least):
        raise problem(f"{name} is no whole number from {least} on", "query", name)
    return int(text)


def page(request: Request) -> tuple[int, int]:
    """`skip` and `limit` of a listing; raises `Invalid`, since who gets less than asked for takes it for the end."""
    skip, limit = whole_number(request, "skip", 0), whole_number(request, "limit", _PAGE)
    if limit is not None and limit > _LARGEST_PAGE:
        raise problem(f"limit is {_LARGEST_PAGE} at most", "query", "limit")
    return skip or 0, _PAGE if limit is None else limit


def required(request: Request, name: str) -> str:
    """A text of the query that must be there."""
    if not (text := request.query_params.get(name)):
        raise problem(f"{name} is missing", "query", name)
    return text
