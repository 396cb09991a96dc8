"""A UDF access token as a value; its own value, which is a secret, is nowhere in it."""

from collections.abc import Mapping, Sequence
from typing import ClassVar

from msgspec import UNSET, Struct, UnsetType

from fused_spec.spec.resources.said import Free, Resource


class TokenUdf(Struct, kw_only=True):
    """The UDF of a token: `ref` (a Udf spec here), `id`, `name` (your own), or `email` and `name`."""

    ref: str | UnsetType = UNSET
    id: str | UnsetType = UNSET
    name: str | UnsetType = UNSET
    email: str | UnsetType = UNSET


class Sink(Struct, kw_only=True):
    """Where the token's value goes, in one of six ways; it is shown nowhere. `env` are variables of the `command`."""

    file: str | UnsetType = UNSET
    env_file: Free | UnsetType = UNSET
    command: Sequence[str] | UnsetType = UNSET
    env: Mapping[str, str] | UnsetType = UNSET
    github_env: str | UnsetType = UNSET
    github_output: str | UnsetType = UNSET
    gitlab_variable: Free | UnsetType = UNSET


class UdfAccessToken(Resource, kw_only=True):
    """A token that lets whoever holds it call one UDF over HTTP.

    UdfAccessToken("public-tiles", udf=TokenUdf(ref="tiles"), sink=Sink(file=".secrets/public-tiles"))
    """

    kind: ClassVar[str] = "UdfAccessToken"

    udf: TokenUdf | Free
    sink: Sink | Free
    client_id: str | UnsetType | None = UNSET
    cache: bool | UnsetType = UNSET
    metadata_json: Free | UnsetType = UNSET
    enabled: bool | UnsetType = UNSET
    expires: str | UnsetType | None = UNSET
    warn_before: str | UnsetType | None = UNSET
