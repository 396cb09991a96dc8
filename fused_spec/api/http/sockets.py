"""Make a read timeout mean the whole answer, not the pause between two of its bytes.

A server that drips one byte a second would otherwise hold a call for ever: in the status line and the headers,
where nothing above the socket is in control, as well as in the body. Nothing here knows HTTP calls.
"""

import http.client
import io
import socket
import time
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

# A gateway lets a start take about two minutes; a peer silent for longer is gone.
LONGEST_SILENCE = 150.0


class _DeadlineReader(io.RawIOBase):
    """A socket's bytes until a point in time: each read gets what is left of it."""

    def __init__(self, sock: socket.socket, raw: io.RawIOBase, seconds: float) -> None:
        self._sock = sock
        self._raw = raw
        self._end = time.monotonic() + seconds

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        left = self._end - time.monotonic()
        if left <= 0:
            raise TimeoutError("timed out")
        self._sock.settimeout(min(left, LONGEST_SILENCE))
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


class _DeadlineResponse(http.client.HTTPResponse):
    """An answer that is whole within the socket's timeout, counted from the moment the request was sent."""

    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        seconds = sock.gettimeout()
        if seconds is not None:
            self.fp = io.BufferedReader(_DeadlineReader(sock, self.fp.detach(), seconds))


class _HttpConnection(HTTPConnection):
    response_class = _DeadlineResponse


class _HttpsConnection(HTTPSConnection):
    response_class = _DeadlineResponse


class _HttpPool(HTTPConnectionPool):
    ConnectionCls = _HttpConnection


class _HttpsPool(HTTPSConnectionPool):
    ConnectionCls = _HttpsConnection


class DeadlineAdapter(HTTPAdapter):
    """requests' own adapter over such connections; like it, it never repeats a request by itself."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _HttpPool, "https": _HttpsPool}
