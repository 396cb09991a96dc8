"""Who is calling, from which environment, and whether the service is there."""

from typing import Any

from fused_spec.api.http.base import Connected

_INSTANCE_PATHS = {"self": "realtime-instance/available", "public": "realtime-instance"}


class AccountReads(Connected):
    def _health(self) -> bool:
        """True when the service answers; otherwise the error that tells why. Needs no credentials."""
        self._transport.call("GET", "health", authenticated=False)
        return True

    def _whoami(self) -> dict[str, Any]:
        """The caller as the service knows them; `email` and `execution_environment_id` are among the keys."""
        return self._transport.call("GET", "user/self").read_as(dict[str, Any])

    def _list_realtime_instances(self, *, whose: str = "self") -> list[dict[str, Any]]:
        """The instances that run UDFs at once: the caller's own ("self") or everybody's ("public").

        Raises AssertionError, as the published client does, for any other word.
        """
        if whose not in _INSTANCE_PATHS:
            raise AssertionError(f'whose is "self" or "public", not {whose!r}')
        return self._transport.call("GET", _INSTANCE_PATHS[whose]).read_as(list[dict[str, Any]])

    def auth_token(self) -> str:
        """A token for the caller's execution environment: a secret."""
        return self._transport.call("GET", "execution-env/token").read_as(str)

    def _automatic_realtime_client_id(self) -> str | None:
        """The id of the preferred instance, asked for once; None without any."""
        with self._client_id_lock:
            if self._client_id is None:
                instances = self._list_realtime_instances()
                best = max(instances, key=lambda instance: instance.get("preference_rank") or 0, default={})
                self._client_id = best.get("client_id")
            return self._client_id
