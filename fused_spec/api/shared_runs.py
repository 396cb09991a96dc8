"""Run the UDF behind an access token: the value in the path is all the right that the call has."""

from collections.abc import Mapping

from fused_spec.api.errors import Unreadable
from fused_spec.api.http.addresses import checked_id, path
from fused_spec.api.http.answers import Answer
from fused_spec.api.http.base import Connected
from fused_spec.api.http.limits import FILES, Limits
from fused_spec.api.http.transport import Sink


def run_shared(
    api: Connected,
    token: str,
    *,
    query: Mapping[str, str] | None = None,
    limits: Limits = FILES,
    sink: Sink = b"".join,
) -> Answer:
    """Call the UDF as anybody who holds the token would, without the caller's own credentials.

    Raises `ApiError` with 422 when the UDF failed, and with 404, 401 or 403 when the token is not let in.
    """
    answer = api._transport.call(
        "GET",
        path("realtime-shared", checked_id(token, "token"), "run", "file"),
        query=query,
        authenticated=False,
        limits=limits,
        sink=sink,
    )
    if answer.is_redirect:
        raise Unreadable(f"{answer.call} answered {answer.status}, a redirect that is not followed")
    return answer
