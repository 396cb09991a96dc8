"""Tell with every answer which service it is from, so that clients know it again at another address."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from fused_spec.configuration.service_identity import HEADER

_HEADER = HEADER.lower().encode()


class Named:
    """Adds the service's id to each answer."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        name = scope["app"].state.service.id.encode()

        async def named(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message.get("headers", ()), (_HEADER, name)]}
            await send(message)

        await self._app(scope, receive, named)
