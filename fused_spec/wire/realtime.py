"""Realtime runs: one call of a UDF, answered with its result."""

from fused_spec.wire.base import WireModel


class RealtimeRequest(WireModel):
    """The body of a run by code; `step_config` is the JSON text of one `udf` step.

    1.x clients name one format for tables and one for arrays, 2.x a list in the order of preference.
    """

    step_config: str
    dtype_out_vector: str | None = None
    dtype_out_raster: str | None = None
    format: str | None = None
