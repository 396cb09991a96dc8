"""A saved UDF as a value."""

from typing import ClassVar

from msgspec import UNSET, UnsetType

from fused_spec.spec.resources.said import Free, Resource
from fused_spec.spec.resources.steps import UdfSource


class Udf(Resource, kw_only=True):
    """A UDF kept in the registry under a name, for tokens and other UDFs to use.

    Udf("tiles", udf=UdfSource(file="udfs/tiles.py"))
    """

    kind: ClassVar[str] = "Udf"

    udf: UdfSource | Free
    slug: str | UnsetType = UNSET
    allow_public_read: bool | UnsetType = UNSET
    allow_public_list: bool | UnsetType = UNSET
