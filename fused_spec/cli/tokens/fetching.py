"""The call that runs the UDF of a declared token, with the value that stands in its sink."""

from collections.abc import Mapping

from msgspec import Struct

from fused_spec.api.errors import ApiError
from fused_spec.api.reading import FusedReader
from fused_spec.api.shared_runs import run_shared
from fused_spec.cli.targets.target import connect, find_target
from fused_spec.cli.terminal.context import Context
from fused_spec.errors import JobFailed
from fused_spec.spec.model import Project

_RASTER = frozenset({"png", "tif", "tiff", "jpg", "jpeg", "gif", "webp", "npy"})


class Fetched(Struct, frozen=True, kw_only=True):
    """What a UDF returned."""

    content_type: str
    body: bytes


def fetch_result(
    context: Context, project: Project, value: str, parameters: Mapping[str, str], form: str | None
) -> Fetched:
    """Run the UDF behind a token; the value stands in the URL and in no message.

    Raises `JobFailed` with the UDF's own words when it failed.
    """
    api = connect(FusedReader, find_target(context, project), context, project)
    try:
        answer = run_shared(api, value, query={**parameters, **_format(form)})
    except ApiError as error:
        if error.status_code != 422:
            raise
        raise JobFailed(f"the UDF failed: {error}") from None
    content_type = answer.headers.get("Content-Type", "application/octet-stream")
    return Fetched(content_type=content_type, body=answer.body)


def _format(form: str | None) -> dict[str, str]:
    """The query that asks for a form, in the words of both generations of the protocol."""
    if form is None:
        return {}
    return {"dtype_out_raster" if form in _RASTER else "dtype_out_vector": form, "format": form}
