"""The half of the client that changes nothing: whoever is given a `FusedReader` cannot start, save or delete."""

from fused_spec.api.files import FileReads
from fused_spec.api.jobs import JobReads
from fused_spec.api.tokens import TokenReads


class FusedReader(JobReads, TokenReads, FileReads):
    """Every call of `FusedAPI` that only reads; make one with `FusedReader.over(transport)`."""
