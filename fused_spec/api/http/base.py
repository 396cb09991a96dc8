"""What every part of the client stands on: a transport, and its time."""

from collections.abc import Iterable
from datetime import datetime
from threading import Lock
from typing import Self

from fused_spec.api.http.transport import Transport
from fused_spec.system.polling import Clock, Sleep


class Connected:
    """Calls through one transport; `_clock` and `_sleep` are the transport's and decide about waiting."""

    _transport: Transport
    _clock: Clock
    _sleep: Sleep
    _client_id: str | None
    _client_id_lock: Lock
    _has_instances: bool

    @classmethod
    def over(cls, transport: Transport) -> Self:
        """A client over this transport; it reads no environment and is not made the current one."""
        api = cls.__new__(cls)
        api._connect(transport)
        return api

    def _connect(self, transport: Transport) -> None:
        self._transport = transport
        self._clock = transport.clock
        self._sleep = transport.sleep
        self._client_id, self._client_id_lock, self._has_instances = None, Lock(), True

    @property
    def base_url(self) -> str:
        """The URL below which every call goes, without a slash at its end."""
        return self._transport.base_url

    @property
    def server_time(self) -> datetime | None:
        """The time on the service's clock, as far as an answer told it."""
        return self._transport.server_time

    @property
    def service_id(self) -> str | None:
        """The id that an embedded service tells; None of any other server, and before an answer."""
        return self._transport.service_id

    def hide(self, secrets: Iterable[str]) -> None:
        """Keep these values out of the errors that calls end in; a service may quote what it was sent."""
        self._transport.hide(secrets)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.base_url!r})"
