"""Answers to errors, in the form that every generation of the client understands: `{"detail": …}`.

They are `application/json` and nothing after it: the clients compare the header exactly.
"""

import errno
import sqlite3
from collections.abc import Callable, Mapping

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from fused_spec.errors import FusedSpecError
from fused_spec.service.http.answers import Invalid

_UNWRITABLE = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EACCES, errno.EPERM)
_UNWRITABLE_DATABASE = (sqlite3.SQLITE_FULL, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN)
_DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def _refused(_: Request, error: Exception) -> Response:
    """The answer to an `HTTPException`, also to those of the router."""
    assert isinstance(error, HTTPException)
    return JSONResponse({"detail": error.detail}, status_code=error.status_code, headers=error.headers)


def _invalid(_: Request, error: Exception) -> Response:
    assert isinstance(error, Invalid)
    return JSONResponse({"detail": error.problems}, status_code=422)


def _gone(_request: Request, _error: Exception) -> Response:
    """For a client that hung up within its request: nobody reads it."""
    return JSONResponse({"detail": "the request broke off"}, status_code=400)


def _known(_: Request, error: Exception) -> Response:
    """For what the service itself cannot mend, in words that say who can."""
    assert isinstance(error, FusedSpecError)
    return JSONResponse({"detail": f"{error}; {error.hint}" if error.hint else str(error)}, status_code=500)


def _unwritten(_: Request, error: Exception) -> Response:
    """Where the disk is full or may not be written; other faults go on."""
    if not (isinstance(error, OSError) and error.errno in _UNWRITABLE):
        raise error
    return JSONResponse({"detail": f"the service cannot keep this: {error.strerror}"}, status_code=507)


def _unrecorded(_: Request, error: Exception) -> Response:
    """The same for the database, and what can be said of a damaged one; other faults go on."""
    kind = error.sqlite_errorcode & 0xFF if isinstance(error, sqlite3.Error) else None
    if kind in _UNWRITABLE_DATABASE:
        return JSONResponse({"detail": f"the service cannot keep this: {error}"}, status_code=507)
    if kind in _DAMAGED:
        damaged = "the database of the service is damaged; stop the service and move its service.db away"
        return JSONResponse({"detail": damaged}, status_code=500)
    raise error


def _fault(_: Request, error: Exception) -> Response:
    """The answer to what nobody expected; the error goes on into the service's log."""
    return JSONResponse({"detail": f"the service failed ({type(error).__name__}); its log says how"}, status_code=500)


ANSWERS: Mapping[type[Exception], Callable[[Request, Exception], Response]] = {
    HTTPException: _refused,
    Invalid: _invalid,
    ClientDisconnect: _gone,
    FusedSpecError: _known,
    OSError: _unwritten,
    sqlite3.Error: _unrecorded,
    Exception: _fault,
}
"""By the class of what a route raised, the nearest first."""
