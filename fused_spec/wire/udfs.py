"""Saved UDFs: the UDF itself travels as JSON inside a JSON string (`udf_body`)."""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, ValidationError

from fused_spec.udfs.folder import UdfText
from fused_spec.wire.base import Told, WireModel
from fused_spec.wire.config import Header, Udf


class UdfSave(WireModel):
    """The body of POST `/udf/new` and POST `/udf/by-id/{id}`."""

    slug: str | None = None
    """Null or empty: the UDF's own name."""
    udf_body: str
    udf_type: str = "auto"
    allow_public_read: bool | None = False
    allow_public_list: bool | None = False
    """Null, in both: as it is, and no for a new one."""
    collection_id: str | None = None
    """Null: where the UDF is, and `default` for a new one."""


class CollectionSave(WireModel):
    """The body of POST `/collection/new` and POST `/collection/by-id/{id}`: a named group of saved UDFs."""

    name: str = Field(min_length=1, max_length=200, pattern=r"^[^/\x00]+$")
    access_scope: Literal["team", "public"] = "team"
    allow_public_read: bool | None = None
    dashboard_body: str | None = None
    udfs: list[Any] | None = None


class SavedUdf(WireModel):
    """A UDF in the registry."""

    id: str
    slug: str | None = None
    udf_body: Annotated[str, BeforeValidator(lambda told: told if isinstance(told, str) else "")] = ""
    """Empty where the service tells none that can be read: one such UDF costs nobody the others."""
    udf_type: Told[str] = None
    allow_public_read: bool | None = None
    allow_public_list: bool | None = None
    collection_id: str | None = None
    collection_name: str | None = None

    @property
    def udf(self) -> Udf:
        """The UDF inside; raises `pydantic.ValidationError` when the body is not one."""
        return Udf.model_validate_json(self.udf_body)

    @property
    def metadata(self) -> dict[str, Any] | None:
        """The metadata of the UDF inside; None also where the body is none that can be read."""
        try:
            return self.udf.metadata
        except ValidationError:
            return None


def udf_of(text: UdfText) -> Udf:
    """A UDF as it lies in files, in the form that travels."""
    return Udf(
        name=text.name,
        entrypoint=text.entrypoint or "udf",
        code=text.code,
        headers=[Header(module_name=name, source_code=code) for name, code in text.headers.items()],
        parameters=dict(text.parameters),
    )
