"""The job configuration: a `JobConfig` of steps, each step a UDF or an ingestion.

Field names, types and defaults are those of the published client's models (1.11 to 2.9, united).
"""

from typing import Annotated, Any, Literal

from pydantic import Field, StrictBool, StrictFloat, StrictInt

from fused_spec.wire.base import WireModel

PartitioningMethod = Literal["area", "length", "coords", "rows"]
SplitMethod = Literal["mean", "median"]


class Header(WireModel):
    """A module that a UDF imports under `module_name`."""

    module_name: str
    source_code: str
    source_file: str | None = None


class Udf(WireModel):
    """A UDF as it travels: its source with the decorator line, and the name of the function to call."""

    type: Literal["geopandas_v2"] = "geopandas_v2"
    name: str | None = None
    entrypoint: str
    code: str
    headers: list[Header] | None = Field(default_factory=list)
    parameters: dict[str, Any] = Field(default_factory=dict)
    metadata: dict[str, Any] | None = None
    table_schema: dict[str, Any] | None = None
    cache_max_age: int | None = None
    original_headers: str | None = None
    collection_id: str | None = None
    collection_name: str | None = None
    engine: str | None = None
    disk_size_gb: int | None = None
    region: str | None = None


class Step(WireModel):
    """What every step has."""

    name: str | None = None
    metadata: dict[str, Any] | None = None
    ignore_chunk_error: bool = False
    n_processes: StrictInt | None = None

    @property
    def task_count(self) -> int:
        """How many tasks there are to do."""
        return 1


class UdfStep(Step):
    """Run a UDF once (`input` null) or once for each element of `input`."""

    type: Literal["udf"] = "udf"
    udf: Udf
    input: list[Any] | None = None

    @property
    def task_count(self) -> int:
        return 1 if self.input is None else len(self.input)


class GdalConfig(WireModel):
    """How to open input that is not Parquet."""

    open_options: dict[str, str] = Field(default_factory=dict)
    layer: str | None = None


class PartitionGeospatialStep(Step):
    """Turn geometries into files and chunks of neighbours."""

    type: Literal["partition_geospatial"] = "partition_geospatial"
    input: str | list[str]
    output: str | None = None
    output_metadata: str | None = None
    partitioning_maximum_per_file: int | None = 2_500_000
    partitioning_maximum_per_chunk: int | None = 65_000
    table_schema: dict[str, Any] | None = None
    file_suffix: str | None = None
    load_columns: list[str] | None = None
    remove_cols: list[str] = Field(default_factory=list)
    explode_geometries: StrictBool = False
    drop_out_of_bounds: StrictBool | None = None
    lonlat_cols: tuple[str, str] | None = None
    partitioning_max_width_ratio: StrictInt | StrictFloat = 2
    partitioning_max_height_ratio: StrictInt | StrictFloat = 2
    partitioning_method: PartitioningMethod
    partitioning_force_utm: Literal["file", "chunk"] | None = None
    partitioning_split_method: SplitMethod
    subdivide_start: float | None = None
    subdivide_stop: float | None = None
    subdivide_method: Literal["area"] | None = "area"
    split_identical_centroids: StrictBool = True
    target_num_chunks: StrictInt = 5000
    partitioning_schema_input: str | None = None
    gdal_config: GdalConfig = Field(default_factory=GdalConfig)
    overwrite: bool = False
    write_covering_bbox: StrictBool = False


class PartitionNongeospatialStep(Step):
    """Turn a table without geometry into files and chunks."""

    type: Literal["partition_nongeospatial"] = "partition_nongeospatial"
    input: str | list[str]
    output: str | None = None
    output_metadata: str | None = None
    partition_col: str | None = None
    partitioning_maximum_per_file: int | None = 2_500_000
    partitioning_maximum_per_chunk: int | None = 65_000
    overwrite: bool = False


JobStep = Annotated[UdfStep | PartitionGeospatialStep | PartitionNongeospatialStep, Field(discriminator="type")]


class JobConfig(WireModel):
    """Steps that run one after another; `metadata` is free for the user and carries our marker."""

    name: str | None = None
    steps: list[JobStep]
    metadata: dict[str, Any] | None = None


class Labelled(WireModel):
    """A job's config of which nothing but its metadata matters, whatever its steps are."""

    metadata: Any = None


def as_job_config(config: JobConfig | Step | dict[str, Any]) -> JobConfig:
    """A whole JobConfig from a JobConfig, a lone step, or either of them as plain JSON.

    Raises `pydantic.ValidationError` when it is none of these.
    """
    if isinstance(config, JobConfig):
        return config
    if isinstance(config, Step):
        return JobConfig(name=config.name, steps=[config])
    return JobConfig.model_validate(config if "steps" in config else {"name": config.get("name"), "steps": [config]})
