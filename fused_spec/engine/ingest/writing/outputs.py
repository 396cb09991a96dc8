"""Where the one or two tables go that an ingestion leaves: the rows themselves, and Fused's table of their measures."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fused_spec.engine.failures import StepFailed
from fused_spec.engine.ingest.inputs.files import Input
from fused_spec.engine.ingest.writing.destination import free_place
from fused_spec.engine.results.expecting import expectation
from fused_spec.engine.storage import Root, lies_in
from fused_spec.wire import PartitionGeospatialStep, PartitionNongeospatialStep


@dataclass(frozen=True, slots=True, kw_only=True)
class Outputs:
    """The places of the tables, the URL of the first as the user wrote it, and what that one must be."""

    url: str
    rows: Root
    measures: Root | None
    expected: Mapping[str, Any]

    @property
    def places(self) -> list[Root]:
        """One or two."""
        return [self.rows] if self.measures is None else [self.rows, self.measures]


def find_outputs(
    step: PartitionGeospatialStep | PartitionNongeospatialStep, storage: Root, inputs: Sequence[Input]
) -> Outputs:
    """The step's outputs; raises `StepFailed` when one is missing or would harm what is there."""
    if step.output is None:
        raise StepFailed("output is not given; name the folder of the table, such as fd://tables/counties")
    rows = free_place(step.output, storage, inputs, overwrite=step.overwrite)
    if step.output_metadata is None:
        return Outputs(url=step.output, rows=rows, measures=None, expected=expectation(step.metadata))
    measures = free_place(step.output_metadata, storage, inputs, overwrite=step.overwrite)
    if lies_in(measures, rows) or lies_in(rows, measures):
        raise StepFailed("output and output_metadata lie one inside the other; name two folders side by side")
    return Outputs(url=step.output, rows=rows, measures=measures, expected=expectation(step.metadata))
