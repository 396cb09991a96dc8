"""Where URLs lead."""

from pathlib import Path

import fsspec
import geopandas as gpd
import pandas as pd
import pytest

from fused_spec.engine.failures import StepFailed
from fused_spec.engine.storage import local_path, provide_fd
from tests.unit.engine.building import points, saved


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("fd://a/b.parquet", "/storage/a/b.parquet"),
        ("fd://a//b/", "/storage/a/b"),
        ("fd://", "/storage"),
        ("file:///a/b%20c", "/a/b c"),
        ("file://localhost/a", "/a"),
        ("file:///a#1?b", "/a#1?b"),
        ("/a/b", "/a/b"),
    ],
)
def test_a_url_leads_to_a_path(url: str, path: str) -> None:
    assert local_path(url, Path("/storage")) == Path(path)


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("a/b", "is a relative path"),
        ("s3://bucket/a", "reaches fd:// and file:// only"),
        ("file://host/a", "names no absolute path on this machine"),
        ("fd://../a", "leaves the storage"),
        ("fd://a/../../b", "leaves the storage"),
        ("fd://a\0b", "leaves the storage"),
    ],
)
def test_other_urls_are_refused(url: str, problem: str) -> None:
    with pytest.raises(StepFailed, match=problem):
        local_path(url, Path("/storage"))


def test_a_link_out_of_the_storage_is_refused(tmp_path: Path, storage: Path) -> None:
    (storage / "out").symlink_to(tmp_path)
    with pytest.raises(StepFailed, match="leaves the storage"):
        local_path("fd://out/a", storage)


def test_tables_are_written_and_read_through_fd(storage: Path) -> None:
    provide_fd(storage)
    pd.DataFrame({"a": [1]}).to_parquet("fd://new/a.parquet")
    assert (storage / "new" / "a.parquet").is_file()
    assert pd.read_parquet("fd://new/a.parquet")["a"].tolist() == [1]


def test_geometry_is_read_through_fd(storage: Path) -> None:
    provide_fd(storage)
    saved(points(3), storage / "a.parquet")
    assert len(gpd.read_parquet("fd://a.parquet")) == 3


def test_a_folder_is_listed_through_fd(storage: Path) -> None:
    provide_fd(storage)
    (storage / "folder").mkdir()
    (storage / "folder" / "a.txt").touch()
    assert fsspec.filesystem("fd").ls("fd://folder", detail=False) == ["folder/a.txt"]


def test_fd_does_not_follow_a_link_out_of_the_storage(tmp_path: Path, storage: Path) -> None:
    provide_fd(storage)
    (tmp_path / "secret").write_text("key")
    (storage / "out").symlink_to(tmp_path)
    with pytest.raises(StepFailed, match="leaves the storage"):
        fsspec.open("fd://out/secret").open()
