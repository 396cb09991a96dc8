"""What HTTP carries: pydantic models of Fused's protocol, shared by the client and the embedded service.

Unknown keys are ignored in every answer, and the fields of the 1.x and 2.x generations are united: a field
that one of them lacks is optional. Names are Fused's own. Nothing here knows what a spec is.
"""

from fused_spec.wire.config import (
    GdalConfig,
    Header,
    JobConfig,
    JobStep,
    Labelled,
    PartitionGeospatialStep,
    PartitionNongeospatialStep,
    Udf,
    UdfStep,
    as_job_config,
)
from fused_spec.wire.files import FileDetails, SignedPost, SignedTemporaryPost
from fused_spec.wire.jobs import JobResponse, ProgressIncrement, RunRequest, RunResponse, RunResult
from fused_spec.wire.logs import LogLine, log_lines
from fused_spec.wire.realtime import RealtimeRequest
from fused_spec.wire.tokens import TokenCreate, TokenUpdate, UdfAccessToken
from fused_spec.wire.udfs import CollectionSave, SavedUdf, UdfSave, udf_of

__all__ = [
    "CollectionSave",
    "FileDetails",
    "GdalConfig",
    "Header",
    "JobConfig",
    "JobResponse",
    "JobStep",
    "Labelled",
    "LogLine",
    "PartitionGeospatialStep",
    "PartitionNongeospatialStep",
    "ProgressIncrement",
    "RealtimeRequest",
    "RunRequest",
    "RunResponse",
    "RunResult",
    "SavedUdf",
    "SignedPost",
    "SignedTemporaryPost",
    "TokenCreate",
    "TokenUpdate",
    "Udf",
    "UdfAccessToken",
    "UdfSave",
    "UdfStep",
    "as_job_config",
    "log_lines",
    "udf_of",
]
