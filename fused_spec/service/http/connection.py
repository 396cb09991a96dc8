"""A connection that does not wait for ever: what uvicorn's own leaves unlimited."""

import asyncio

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

_HEAD_SECONDS = 15.0
_MOST_CONNECTIONS = 800  # below the 1024 open files that a process commonly may have


class Connection(H11Protocol):
    """Closes when a request's head, or a body that nobody reads, takes longer than it may; closes one too many."""

    _owing: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if len(self.connections) > _MOST_CONNECTIONS:
            transport.abort()
        else:
            self._owing = self.loop.call_later(_HEAD_SECONDS, transport.close)

    def connection_lost(self, exc: Exception | None) -> None:
        self._forgive()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._look()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._look()

    def _look(self) -> None:
        """Have a timer while the client owes the rest of something."""
        head = self.conn.their_state is h11.IDLE and bool(self.conn.trailing_data[0])
        unread_body = self.conn.their_state is h11.SEND_BODY and self.conn.our_state is h11.DONE
        if not (head or unread_body):
            self._forgive()
        elif self._owing is None:
            self._owing = self.loop.call_later(_HEAD_SECONDS, self.transport.close)

    def _forgive(self) -> None:
        if self._owing is not None:
            self._owing.cancel()
            self._owing = None
