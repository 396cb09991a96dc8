"""What GDAL reads of a file that is not what it is called: its own rows, or nothing."""

import socket
from pathlib import Path

import pytest

from tests.unit.engine.running import end, job_folder, log, run

VRT = "<OGRVRTDataSource><OGRVRTLayer name='a'><SrcDataSource>{}</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>"
WFS = "<OGRWFSDataSource><URL>{}</URL></OGRWFSDataSource>"
GML = """<wfs:FeatureCollection xmlns:wfs="http://www.opengis.net/wfs" xmlns:gml="http://www.opengis.net/gml"
 xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
 xsi:schemaLocation="http://x {}?SERVICE=WFS&amp;VERSION=1.0.0&amp;REQUEST=DescribeFeatureType&amp;TYPENAME=a">
 <gml:featureMember><a fid="1"><name>x</name></a></gml:featureMember></wfs:FeatureCollection>"""


def ingested(tmp_path: Path, text: str, name: str = "data.geojson") -> "tuple[bool, str]":
    (tmp_path / name).write_text(text)
    step = {"type": "partition_nongeospatial", "input": str(tmp_path / name), "output": str(tmp_path / "table")}
    job = job_folder(tmp_path, step)
    return run(job), str(end(job)[1])


def test_a_table_that_names_another_file_for_its_rows_is_none(tmp_path: Path) -> None:
    (tmp_path / "private.csv").write_text("name,word\nme,hunter2\n")
    done, said = ingested(tmp_path, VRT.format(tmp_path / "private.csv"))
    assert not done
    assert "data.geojson cannot be read" in said


@pytest.mark.parametrize(
    ("text", "name"),
    [(VRT.replace("{}", "/vsicurl/{}/a.csv"), "a.geojson"), (WFS, "a.json"), (GML, "a.gml")],
    ids=["vrt", "wfs", "gml"],
)
def test_no_address_that_a_table_names_is_called(text: str, name: str, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        ingested(tmp_path, text.format(f"http://127.0.0.1:{server.getsockname()[1]}"), name)
        server.settimeout(0)
        with pytest.raises(BlockingIOError):
            server.accept()


def test_udfs_of_the_same_job_have_all_drivers(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("name\nx\n")
    (tmp_path / "a.vrt").write_text(VRT.format(tmp_path / "a.csv"))
    code = f"def udf():\n    import pyogrio\n    return len(pyogrio.read_dataframe({str(tmp_path / 'a.vrt')!r}))\n"
    step = {"type": "partition_nongeospatial", "input": str(tmp_path / "a.csv"), "output": str(tmp_path / "table")}
    udf = {"type": "udf", "udf": {"name": "areas", "entrypoint": "udf", "code": code}}
    job = job_folder(tmp_path, step, udf)
    assert run(job), log(job)
