"""`from fused.types import Bounds` and its like."""

from fused_spec_recorder.published import types


def __getattr__(name):
    return getattr(types, name)
