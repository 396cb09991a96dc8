"""The first rows of tables of 100,000,000 rows in a bucket that answers 50 ms late.

    uv run python benchmarks/outputs.py [--quick] [--rounds N]

`fused-spec results fd://… --head 10` as a whole process, with the local service between it and the bucket: of one file,
and of a table in a thousand files as an ingestion writes it. Beside it are the requests to the bucket, one after
another. In the quick form there is a tenth of the rows.
"""

import base64
import json
import os
import tempfile
from argparse import Namespace
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from buckets import LATENCY, Late, late_bucket
from measure import command_line, rounds, tell
from projects import Project, project
from rows import Row, no_more_than, row

GROUP = 100_000  # rows
GEO = {
    "version": "1.0.0",
    "primary_column": "geometry",
    "columns": {"geometry": {"encoding": "WKB", "geometry_types": ["Point"], "bbox": [0.0, 0.0, 1.0, 1.0]}},
}


def rows_of_group(first: int) -> pa.Table:
    """So many points with a number, a measure and a name each."""
    random = np.random.default_rng(1)
    corner = np.frombuffer(b"\x01\x01\x00\x00\x00", "uint8")
    wkb = np.concatenate(
        [np.tile(corner, (GROUP, 1)), random.random((GROUP, 2)).round(2).view("uint8").reshape(GROUP, 16)], axis=1
    )
    table = pa.table(
        {
            "id": np.arange(first, first + GROUP),
            "measure": random.integers(0, 5_000, GROUP) / 8,
            "name": pa.DictionaryArray.from_arrays(
                random.integers(0, 200, GROUP, "int32"), [f"n{n}" for n in range(200)]
            ),
            "geometry": _points(wkb),
        }
    )
    return table.replace_schema_metadata({b"geo": json.dumps(GEO).encode()})


def _points(wkb: "np.ndarray[tuple[int, int], np.dtype[np.uint8]]") -> pa.Array:
    offsets = pa.py_buffer(np.arange(0, 21 * (GROUP + 1), 21, dtype="int32").tobytes())
    return pa.Array.from_buffers(pa.binary(), GROUP, [None, offsets, pa.py_buffer(wkb.tobytes())])


def one_file(path: Path, groups: int) -> None:
    """A table of so many row groups in one file."""
    table = rows_of_group(0)
    with pq.ParquetWriter(path, table.schema, compression="zstd") as writer:
        for _ in range(groups):
            writer.write_table(table, row_group_size=GROUP)


def sample(path: Path, files: int) -> None:
    """The `_sample` of a table in so many files, one chunk each."""
    table = rows_of_group(0).slice(0, 100)
    sides = {f"bbox_{side}": np.zeros(files) for side in ("minx", "miny", "maxx", "maxy")}
    listed = pa.table(
        {"file_id": [str(n) for n in range(files)], "chunk_id": [0] * files, "num_rows": [GROUP] * files, **sides}
    )
    buffer = BytesIO()
    pq.write_table(listed, buffer)
    chunks = {**table.schema.metadata, b"fused:_metadata": base64.b64encode(buffer.getvalue())}
    pq.write_table(table.replace_schema_metadata(chunks), path)


def rows(given: Namespace) -> Iterator[Row]:
    groups = 100 if given.quick else 1_000
    turns = rounds(given, usually=5, quick=3)
    with tempfile.TemporaryDirectory() as folder, late_bucket() as bucket, project(jobs=0) as made:
        os.environ.update(bucket.env)
        one, part, listing = (Path(folder, name) for name in ("one", "part", "sample"))
        one_file(one, groups)
        one_file(part, 1)
        sample(listing, groups)
        parts = {f"team/parts/{number}.parquet": part for number in range(groups)}
        bucket.bring({"team/one.parquet": one, "team/parts/_sample": listing, **parts})
        with (made.folder / "fused-spec.yaml").open("a", encoding="utf-8") as file:
            file.write("storage: s3://bucket/team\n")
        size = one.stat().st_size / 1e6
        yield head(made, bucket, "fd://one.parquet", f"of one file, {groups * GROUP:,} rows, {size:,.0f} MB", turns)
        yield head(made, bucket, "fd://parts", f"of {groups:,} files, {groups * GROUP:,} rows", turns)


def head(made: Project, bucket: Late, address: str, name: str, turns: int) -> Row:
    look = made.command("results", address, "--head", "10")
    look()  # starts the service
    took, asked = [], 0
    for _ in range(turns):
        bucket.asked()
        took.append(look())
        asked = bucket.asked()
    cpu = sorted(one.cpu for one in took)[len(took) // 2]
    return row(
        f"--head 10 {name}",
        [one.seconds for one in took],
        unit="s",
        beside="its requests, one after another",
        peer=[asked * LATENCY],
        goal=no_more_than(2, "s"),
        note=f"{asked} requests to the bucket, {cpu:.2f} s of the processors",
    )


if __name__ == "__main__":
    tell(rows, command_line(__doc__).parse_args())
