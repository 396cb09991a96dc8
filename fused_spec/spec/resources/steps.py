"""The steps of a job, and what they are made of."""

from collections.abc import Sequence
from typing import Any

from msgspec import UNSET, Struct, UnsetType

from fused_spec.spec.resources.said import Free

Input = str | Free | Sequence[str | Free]
"""An address, `{"file": …}`, `{"output_of": …}`, or a list of these."""


class UdfSource(Struct, kw_only=True):
    """The UDF to run: one of `file`, `folder`, `git`, `code` and `ref`, and how it is called.

    Paths are relative to the file that these values are written to.
    """

    file: str | UnsetType = UNSET
    folder: str | UnsetType = UNSET
    git: str | UnsetType = UNSET
    code: str | UnsetType = UNSET
    ref: str | UnsetType = UNSET
    entrypoint: str | UnsetType = UNSET
    name: str | UnsetType | None = UNSET
    parameters: Free | UnsetType = UNSET
    headers: Sequence[Free] | UnsetType = UNSET
    cache_max_age: int | str | UnsetType | None = UNSET
    metadata: Free | UnsetType | None = UNSET
    table_schema: Free | UnsetType | None = UNSET


class Expectation(Struct, kw_only=True):
    """What must come of a step: it is checked before it counts."""

    rows: int | Free | UnsetType = UNSET
    columns: Sequence[str] | UnsetType = UNSET
    crs: str | UnsetType = UNSET
    bounds: Sequence[float] | UnsetType = UNSET
    not_null: Sequence[str] | UnsetType = UNSET


class UdfStep(Struct, kw_only=True, tag="udf", tag_field="type"):
    """Run a UDF: once, or once for each element of `input`, in parallel on one machine."""

    udf: UdfSource | Free
    name: str | UnsetType | None = UNSET
    metadata: Free | UnsetType | None = UNSET
    ignore_chunk_error: bool | UnsetType = UNSET
    n_processes: int | str | UnsetType | None = UNSET
    input: Sequence[Any] | Free | str | UnsetType | None = UNSET
    expect: Expectation | Free | UnsetType | None = UNSET


class PartitionNongeospatialStep(Struct, kw_only=True, tag="partition_nongeospatial", tag_field="type"):
    """Turn a table without geometry into files and chunks."""

    input: Input
    name: str | UnsetType | None = UNSET
    metadata: Free | UnsetType | None = UNSET
    ignore_chunk_error: bool | UnsetType = UNSET
    n_processes: int | str | UnsetType | None = UNSET
    output: str | UnsetType | None = UNSET
    output_metadata: str | UnsetType | None = UNSET
    partitioning_maximum_per_file: int | str | UnsetType | None = UNSET
    partitioning_maximum_per_chunk: int | str | UnsetType | None = UNSET
    overwrite: bool | UnsetType = UNSET
    partition_col: str | UnsetType | None = UNSET
    expect: Expectation | Free | UnsetType | None = UNSET


class PartitionGeospatialStep(Struct, kw_only=True, tag="partition_geospatial", tag_field="type"):
    """Turn geometries into files and chunks of neighbours."""

    input: Input
    name: str | UnsetType | None = UNSET
    metadata: Free | UnsetType | None = UNSET
    ignore_chunk_error: bool | UnsetType = UNSET
    n_processes: int | str | UnsetType | None = UNSET
    output: str | UnsetType | None = UNSET
    output_metadata: str | UnsetType | None = UNSET
    partitioning_maximum_per_file: int | str | UnsetType | None = UNSET
    partitioning_maximum_per_chunk: int | str | UnsetType | None = UNSET
    overwrite: bool | UnsetType = UNSET
    table_schema: Free | UnsetType | None = UNSET
    file_suffix: str | UnsetType | None = UNSET
    load_columns: Sequence[str] | UnsetType | None = UNSET
    remove_cols: Sequence[str] | UnsetType = UNSET
    explode_geometries: bool | UnsetType = UNSET
    drop_out_of_bounds: bool | UnsetType | None = UNSET
    lonlat_cols: Sequence[str] | UnsetType | None = UNSET
    partitioning_max_width_ratio: float | str | UnsetType = UNSET
    partitioning_max_height_ratio: float | str | UnsetType = UNSET
    partitioning_method: str | UnsetType = UNSET
    partitioning_force_utm: str | UnsetType | None = UNSET
    partitioning_split_method: str | UnsetType = UNSET
    subdivide_start: float | str | UnsetType | None = UNSET
    subdivide_stop: float | str | UnsetType | None = UNSET
    subdivide_method: str | UnsetType | None = UNSET
    split_identical_centroids: bool | UnsetType = UNSET
    target_num_chunks: int | str | UnsetType = UNSET
    partitioning_schema_input: str | UnsetType | None = UNSET
    gdal_config: Free | UnsetType = UNSET
    write_covering_bbox: bool | UnsetType = UNSET
    expect: Expectation | Free | UnsetType | None = UNSET


Step = UdfStep | PartitionGeospatialStep | PartitionNongeospatialStep | Free
