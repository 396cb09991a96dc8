"""Send a request over a session of requests, once, and open its answer."""

from typing import Any, cast
from urllib.parse import urlsplit

import requests
from requests.structures import CaseInsensitiveDict

from fused_spec.api.errors import Unreadable
from fused_spec.api.http.failures import failure
from fused_spec.api.http.request import Request


def opened(session: requests.Session, request: Request, timeout: tuple[float, float]) -> requests.Response:
    """The answer, whose body is not read yet; seconds to connect and to answer. No redirect is followed.

    It is sent straight by the session's adapter. What the session itself would look for, cookies, hooks, proxies and
    where a redirect leads, is not wanted, and takes half of a call's time.
    """
    try:
        adapter = session.get_adapter(request.url)
        response = adapter.send(_prepared(session, request), stream=True, timeout=timeout, verify=True, proxies={})
        if response.is_redirect:
            urlsplit(response.headers["Location"])
    except requests.RequestException as error:
        raise failure(error, call=request.call, where=request.where) from None
    except ValueError:
        raise Unreadable(f"{request.call} answered a redirect to what is no address") from None
    return response


def _prepared(session: requests.Session, request: Request) -> requests.PreparedRequest:
    prepared = requests.PreparedRequest()
    prepared.prepare_method(request.method)
    prepared.prepare_url(request.url, None)
    prepared.headers = CaseInsensitiveDict(cast(dict[str, str], {**session.headers, **request.headers}))
    prepared.prepare_body(cast(Any, request.body), None)  # the stubs leave out iterables of bytes
    return prepared
