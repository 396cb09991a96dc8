"""The two kinds of wire model: what we send, and what we read."""

from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError, ValidatorFunctionWrapHandler, WrapValidator

T = TypeVar("T")


class WireModel(BaseModel):
    """Read tolerantly: unknown keys are ignored, since a newer service may send more."""

    # A model is built when it is first used: to build them all is half of what importing them takes.
    model_config = ConfigDict(extra="ignore", protected_namespaces=(), defer_build=True)


def _if_readable(value: Any, read: ValidatorFunctionWrapHandler) -> Any:
    try:
        return read(value)
    except ValidationError:
        return None


Told = Annotated[T | None, WrapValidator(_if_readable)]
"""A detail of an answer that decides nothing: None where the service says it in a form that nobody can read."""
