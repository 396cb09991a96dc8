"""UDF access tokens: the value of one is a secret, so it stays out of every `repr`."""

from datetime import datetime
from typing import Any

from pydantic import Field

from fused_spec.wire.base import Told, WireModel


class TokenCreate(WireModel):
    """The body of POST `/udf-access-token/new`."""

    udf_email: str | None = None
    udf_slug: str | None = None
    udf_id: str | None = None
    client_id: str | None = None
    cache: bool = True
    metadata_json: dict[str, Any] = Field(default_factory=dict)
    enabled: bool = True
    public_read: bool | None = None
    access_scope: str | None = None


class TokenUpdate(WireModel):
    """The body of POST `/udf-access-token/by-token/{token}`; null leaves a field as it is."""

    client_id: str | None = None
    cache: bool | None = None
    metadata_json: dict[str, Any] | None = None
    enabled: bool | None = None
    public_read: bool | None = None
    access_scope: str | None = None


class UdfAccessToken(WireModel):
    """A token as the service knows it."""

    token: str = Field(repr=False)
    udf_email: str | None = None
    udf_slug: str | None = None
    udf_id: str | None = None
    enabled: bool
    owning_user_id: Told[str] = None
    owning_execution_environment_id: Told[str] = None
    client_id: str | None = None
    cache: bool | None = None
    public_read: bool | None = None
    access_scope: str | None = None
    metadata_json: dict[str, Any] | None = None
    last_updated: Told[datetime] = None
