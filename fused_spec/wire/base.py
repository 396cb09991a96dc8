"""The two kinds of wire model: what we send, and what we read."""

from pydantic import BaseModel, ConfigDict


class WireModel(BaseModel):
    """Read tolerantly: unknown keys are ignored, since a newer service may send more."""

    model_config = ConfigDict(extra="ignore", protected_namespaces=())
