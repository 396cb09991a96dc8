"""Engines and storages as people write them."""

from pathlib import Path

import pytest

from fused_spec.configuration.engine_choice import EngineChoice, parse_engine
from fused_spec.configuration.storage_url import parse_storage, storage_variables
from fused_spec.errors import FusedSpecError


@pytest.mark.parametrize(
    ("text", "choice"),
    [
        (None, EngineChoice()),
        ("processes", EngineChoice()),
        ("dask=local:4", EngineChoice(local_workers=4)),
        ("dask=tcp://10.0.0.7:8786", EngineChoice(scheduler="tcp://10.0.0.7:8786")),
        ("dask=tls://cluster.example:8786", EngineChoice(scheduler="tls://cluster.example:8786")),
    ],
)
def test_an_engine_is_understood(text: str | None, choice: EngineChoice) -> None:
    assert parse_engine(text) == choice


@pytest.mark.parametrize("text", ["", "dask", "dask=local:0", "dask=10.0.0.7:8786", "ray=local:2", "dask=tcp://host"])
def test_what_is_no_engine_is_refused(text: str) -> None:
    with pytest.raises(FusedSpecError, match="is no engine"):
        parse_engine(text)


@pytest.mark.parametrize(
    ("text", "root"),
    [
        ("files", "/here/files"),
        ("/data/x/", "/data/x"),
        ("file:///data/a%20b", "/data/a b"),
        ("s3://bucket/team/", "s3://bucket/team"),
        ("gs://bucket", "gs://bucket"),
        (None, None),
    ],
)
def test_a_storage_is_understood(text: str | None, root: str | None) -> None:
    assert parse_storage(text, Path("/here")) == root


@pytest.mark.parametrize(
    "text",
    [
        *("s3://", "s3://bucket/../other", "ftp://host/x", "file://host/x", "fd://x"),
        *("s3:/bucket/x", "S3://bucket", "gs:bucket", "file:/data", "s3://key:a-password@bucket"),
    ],
)
def test_what_is_no_storage_is_refused(text: str) -> None:
    with pytest.raises(FusedSpecError, match="is no storage"):
        parse_storage(text, Path("/here"))


def test_jobs_get_the_variables_of_their_storage_alone() -> None:
    env = {"AWS_SECRET_ACCESS_KEY": "x", "GOOGLE_APPLICATION_CREDENTIALS": "y", "GITHUB_TOKEN": "z"}
    assert storage_variables("s3://bucket", env) == {"AWS_SECRET_ACCESS_KEY": "x"}
    assert storage_variables("/data", env) == {}
