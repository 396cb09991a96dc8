"""`from fused.api import FusedAPI` and its functions."""

from fused_spec_recorder.published import FusedAPI, api

__all__ = ["FusedAPI"]


def __getattr__(name):
    return getattr(api, name)
