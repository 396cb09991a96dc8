"""Send a request over a session of requests, once, and open its answer."""

from typing import Any, cast
from urllib.parse import urlsplit

import requests
from requests.structures import CaseInsensitiveDict

from fused_spec.api.errors import Unreadable
from fused_spec.api.http.failures import failure
from fused_spec.api.http.request import Request

_READS = frozenset({"GET", "HEAD"})


def opened(session: requests.Session, request: Request, timeout: tuple[float, float]) -> requests.Response:
    """The answer, whose body is not read yet; seconds to connect and to answer. No redirect is followed."""
    send = _read if request.method in _READS and request.body is None else _send
    try:
        response = send(session, request, timeout)
        if response.is_redirect:
            urlsplit(response.headers["Location"])
    except requests.RequestException as error:
        raise failure(error, call=request.call, where=request.where) from None
    except ValueError:
        raise Unreadable(f"{request.call} answered a redirect to what is no address") from None
    return response


def _send(session: requests.Session, request: Request, timeout: tuple[float, float]) -> requests.Response:
    return session.request(
        request.method,
        request.url,
        headers=dict(request.headers),
        data=cast(Any, request.body),  # the stubs leave out iterables of bytes
        timeout=timeout,
        allow_redirects=False,
        stream=True,
    )


def _read(session: requests.Session, request: Request, timeout: tuple[float, float]) -> requests.Response:
    """The same of a call without a body, straight to the session's adapter.

    Such a session has no cookies, hooks and proxies; to look for them takes half of a call's time.
    """
    prepared = requests.PreparedRequest()
    prepared.prepare_method(request.method)
    prepared.prepare_url(request.url, None)
    prepared.headers = CaseInsensitiveDict(cast(dict[str, str], {**session.headers, **request.headers}))
    adapter = session.get_adapter(request.url)
    return adapter.send(prepared, stream=True, timeout=timeout, verify=True, proxies={})
