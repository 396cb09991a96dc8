"""Create, read, change and delete UDF access tokens; a token's value is a secret, also where it stands in a path."""

from types import EllipsisType
from typing import Any
from uuid import UUID

from pydantic import ValidationError

from fused_spec.api.errors import InvalidArgument
from fused_spec.api.http.addresses import checked_id, path
from fused_spec.api.paging import read_pages
from fused_spec.api.udfs import UdfReads, udf_reference
from fused_spec.api.values.plain import as_plain
from fused_spec.wire import SavedUdf, TokenCreate, TokenUpdate, UdfAccessToken


class TokenReads(UdfReads):
    def get_udf_access_tokens(
        self, n: int | None = None, *, skip: int = 0, per_request: int = 25, max_requests: int | None = None
    ) -> list[UdfAccessToken]:
        """The caller's tokens; None means all of them.

        Raises `Unreadable` when the service repeats a page, where the published client would ask for ever.
        """
        return read_pages(
            self._token_page,
            n=n,
            skip=skip,
            per_request=per_request,
            max_requests=max_requests,
            identity=lambda token: token.token,
        )

    def get_udf_access_token(self, token: str | UdfAccessToken) -> UdfAccessToken:
        """One token by its value."""
        return self._transport.call("GET", _token_path(token)).read_as(UdfAccessToken)

    def _token_page(self, skip: int, limit: int) -> list[UdfAccessToken]:
        answer = self._transport.call("GET", "udf-access-token/self", query={"skip": skip, "limit": limit})
        return answer.read_as(list[UdfAccessToken])


class TokenWrites(TokenReads):
    def create_udf_access_token(
        self,
        udf_email_or_name_or_id: str | UUID | SavedUdf | None = None,
        /,
        udf_name: str | None = None,
        *,
        udf_email: str | None = None,
        udf_id: str | UUID | None = None,
        client_id: str | EllipsisType | None = ...,
        cache: bool = True,
        metadata_json: dict[str, Any] | None = None,
        enabled: bool = True,
        public_read: bool | None = None,
        access_scope: str | None = None,
    ) -> UdfAccessToken:
        """Create a token that runs one UDF; see `udf_reference` for the ways to name it.

        `client_id` is the instance to run on: the preferred one when it is left out, the service's choice for None.
        `public_read` and `access_scope` are sent where they are given.
        """
        udf = udf_reference(udf_email_or_name_or_id, udf_name, email=udf_email, id=udf_id, own_email=self._own_email)
        content: dict[str, Any] = {
            "udf_email": udf.email,
            "udf_slug": udf.name,
            "udf_id": udf.id,
            "cache": cache,
            "metadata_json": metadata_json or {},
            "enabled": enabled,
            **{
                name: value
                for name, value in (("public_read", public_read), ("access_scope", access_scope))
                if value is not None
            },
        }
        content = _checked(TokenCreate, content)
        content["client_id"] = (
            self._automatic_realtime_client_id() if isinstance(client_id, EllipsisType) else client_id
        )
        return self._transport.call("POST", "udf-access-token/new", content=content).read_as(UdfAccessToken)

    def update_udf_access_token(
        self,
        token: str | UdfAccessToken,
        *,
        client_id: str | None = None,
        cache: bool | None = None,
        metadata_json: dict[str, Any] | None = None,
        enabled: bool | None = None,
    ) -> UdfAccessToken:
        """Change the named fields of a token; None leaves a field as it is."""
        content = {"client_id": client_id, "cache": cache, "metadata_json": metadata_json, "enabled": enabled}
        answer = self._transport.call("POST", _token_path(token), content=_checked(TokenUpdate, content))
        return answer.read_as(UdfAccessToken)

    def delete_udf_access_token(self, token: str | UdfAccessToken) -> UdfAccessToken:
        """Delete a token; returns what it was."""
        return self._transport.call("DELETE", _token_path(token)).read_as(UdfAccessToken)


def _checked(model: type[TokenCreate | TokenUpdate], content: dict[str, Any]) -> dict[str, Any]:
    """The named fields as they are sent; raises `InvalidArgument` with the place of what cannot be."""
    try:
        return as_plain(model.model_validate(content).model_dump(exclude_unset=True))  # type: ignore[no-any-return]
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False, include_context=False)[0]
        raise InvalidArgument(f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from None


def _token_path(token: str | UdfAccessToken) -> str:
    value = token.token if isinstance(token, UdfAccessToken) else token
    return path("udf-access-token", "by-token", checked_id(value, "token"))
