"""Models that scripts make jobs of."""

from fused_spec_recorder.jobs import JobConfig

__all__ = ["JobConfig"]
