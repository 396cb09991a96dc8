"""Saved UDFs: the UDF itself travels as JSON inside a JSON string (`udf_body`)."""

from fused_spec.udf_folder import UdfText
from fused_spec.wire.base import WireModel
from fused_spec.wire.config import Header, Udf


class UdfSave(WireModel):
    """The body of POST `/udf/new` and POST `/udf/by-id/{id}`."""

    slug: str
    udf_body: str
    udf_type: str = "auto"
    allow_public_read: bool = False
    allow_public_list: bool = False


class SavedUdf(WireModel):
    """A UDF in the registry."""

    id: str
    slug: str | None = None
    udf_body: str
    udf_type: str | None = None
    allow_public_read: bool | None = None
    allow_public_list: bool | None = None
    collection_id: str | None = None
    collection_name: str | None = None

    @property
    def udf(self) -> Udf:
        """The UDF inside; raises `pydantic.ValidationError` when the body is not one."""
        return Udf.model_validate_json(self.udf_body)


def udf_of(text: UdfText) -> Udf:
    """A UDF as it lies in files, in the form that travels."""
    return Udf(
        name=text.name,
        entrypoint=text.entrypoint or "udf",
        code=text.code,
        headers=[Header(module_name=name, source_code=code) for name, code in text.headers.items()],
        parameters=dict(text.parameters),
    )
