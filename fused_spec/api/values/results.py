"""Stored results of a job: their bytes, and the frames that they hold."""

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, overload

from pydantic import Field, PrivateAttr

import fused_spec
from fused_spec import wire
from fused_spec.api.errors import InvalidArgument
from fused_spec.api.http.ranges import RemoteContent
from fused_spec.api.values.current import Reader, current_client

if TYPE_CHECKING:
    from fused_spec.cli.outputs.notebook import Map

_PARQUET = b"PAR1"
_OTHERS = "read() gives its bytes, save(path) a file"


class JobResult(wire.RunResult):
    """One stored result of a job; its URLs are signed, so they stay out of `repr`."""

    metadata_url: str | None = Field(default=None, repr=False)
    _api: Reader | None = PrivateAttr(default=None)
    _job_id: str | None = PrivateAttr(default=None)

    def bind(self, api: Reader, job_id: str | None = None) -> Self:
        self._api, self._job_id = api, job_id
        return self

    @property
    def job_id(self) -> str | None:
        """The run that it is of, where a client read it."""
        return self._job_id

    @property
    def task(self) -> int | None:
        """The number of the element that it belongs to, from 0 on; None for a name that tells none."""
        number = self.name.partition(".")[0]
        return int(number) if number.isascii() and number.isdecimal() else None

    def open(self) -> RemoteContent:
        """Its content, to be read in parts; nothing is asked before one is."""
        return (self._api or current_client()).open_result(self)

    def read(self) -> bytes:
        """The result's bytes, commonly Parquet; at most 1 GiB."""
        return (self._api or current_client())._fetch_result(self.url)

    def metadata(self) -> dict[str, Any] | None:
        """What the service noted beside the result (output, error), when it did."""
        return (self._api or current_client())._fetch_result_metadata(self.metadata_url) if self.metadata_url else None

    def save(self, path: str | Path) -> None:
        """Write the result to a file as it is, however large."""
        self.open().save(Path(path))

    def to_pandas(self) -> Any:
        """The table as a pandas.DataFrame, with types and index as they were returned; geometry is left as bytes.

        Raises `InvalidArgument` (a ValueError) for a result that is no table.
        """
        import pandas

        return pandas.read_parquet(BytesIO(self._table()))

    def to_geopandas(self) -> Any:
        """The table as a geopandas.GeoDataFrame, in the coordinate system in which it was returned."""
        import geopandas

        content = self._table()
        try:
            return geopandas.read_parquet(BytesIO(content))
        except ValueError as error:
            raise InvalidArgument(f"{self.name} has no geometry: {error}", hint="to_pandas() reads it") from None

    def _table(self) -> bytes:
        content = self.read()
        if not content.startswith(_PARQUET):
            what = "nothing: the task returned None, or failed" if not content else "no table"
            raise InvalidArgument(f"{self.name} holds {what}", hint=None if not content else _OTHERS)
        return content


class Results(Sequence[JobResult]):
    """The stored results of a run in the order of its input; the list is asked for when it is first used."""

    def __init__(self, ask: Callable[[], list[JobResult]], title: str = "results") -> None:
        self._ask = ask
        self._title = title

    @cached_property
    def _all(self) -> list[JobResult]:
        return self._ask()

    @overload
    def __getitem__(self, index: int) -> JobResult: ...
    @overload
    def __getitem__(self, index: slice) -> "Results": ...
    def __getitem__(self, index: int | slice) -> "JobResult | Results":
        return Results(lambda: self._all[index], self._title) if isinstance(index, slice) else self._all[index]

    def __iter__(self) -> Iterator[JobResult]:
        return iter(self._all)

    def __len__(self) -> int:
        return len(self._all)

    def __repr__(self) -> str:
        return "<results, not asked for>" if "_all" not in self.__dict__ else f"<{len(self)} results>"

    def map(self) -> "Map":
        """Some of the features of all, or the rasters, on a map, which notebooks show and `save(path)` writes.

        Raises `UnreadableOutput` when none of them lies anywhere.
        """
        return fused_spec.draw_results(self, self._title)

    def frames(self) -> Iterator[Any]:
        """The tables one after the other, each read when it is its turn: with geometry as GeoDataFrames.

        Elements without a result are passed over.
        """
        for result in self:
            content = result.read()
            if content:
                yield _frame(result.name, content)

    def to_pandas(self) -> Any:
        """All rows in one pandas.DataFrame, each table's index as it was."""
        import pandas

        frames = [pandas.read_parquet(BytesIO(content)) for content in self._tables()]
        return pandas.concat(frames) if frames else pandas.DataFrame()

    def to_geopandas(self) -> Any:
        """All rows in one geopandas.GeoDataFrame; raises ValueError where they are in several coordinate systems."""
        import geopandas
        import pandas

        frames = [geopandas.read_parquet(BytesIO(content)) for content in self._tables()]
        return pandas.concat(frames) if frames else geopandas.GeoDataFrame(geometry=[])

    def _tables(self) -> Iterator[bytes]:
        for result in self:
            content = result.read()
            if content and not content.startswith(_PARQUET):
                raise InvalidArgument(f"{result.name} holds no table", hint=_OTHERS)
            if content:
                yield content


def _frame(name: str, content: bytes) -> Any:
    """A GeoDataFrame where the file says so, else a DataFrame."""
    if not content.startswith(_PARQUET):
        raise InvalidArgument(f"{name} holds no table", hint=_OTHERS)
    import geopandas
    import pandas
    import pyarrow.parquet

    schema = pyarrow.parquet.read_schema(BytesIO(content))
    has_geometry = b"geo" in (schema.metadata or {})
    return (geopandas if has_geometry else pandas).read_parquet(BytesIO(content))
