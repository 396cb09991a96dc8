"""The two kinds of wire model: what we send, and what we read."""

from pydantic import BaseModel, ConfigDict


class WireModel(BaseModel):
    """Read tolerantly: unknown keys are ignored, since a newer service may send more."""

    # A model is built when it is first used: to build them all is half of what importing them takes.
    model_config = ConfigDict(extra="ignore", protected_namespaces=(), defer_build=True)
