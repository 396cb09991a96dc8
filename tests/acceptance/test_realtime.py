"""One call of a UDF, answered with its result: by token, in the formats that its kind allows."""

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests.acceptance.command import Shell
from tests.acceptance.conftest import in_folder

pytestmark = pytest.mark.xdist_group("realtime")

UDFS = {
    "table": (
        "@fused.udf\n"
        "def udf(bounds: fused.types.Bounds = [0, 0, 1, 1], n: int = 1, flag: bool = True):\n"
        "    import geopandas as gpd, shapely\n"
        "    return gpd.GeoDataFrame({'n': [n], 'flag': [flag]}, geometry=[shapely.box(*bounds)], crs=4326)\n"
    ),
    "image": (
        "@fused.udf\n"
        "def udf(bounds: fused.types.Bounds = [0, 0, 1, 1]):\n"
        "    import numpy as np\n"
        "    return np.zeros((3, 8, 8), dtype='uint8'), bounds\n"
    ),
    "page": "@fused.udf\ndef udf(name: str = 'x'):\n    return f'<b>{name}</b>'\n",
    "refusing": (
        "@fused.udf\ndef udf():\n    from starlette.responses import JSONResponse\n"
        "    return JSONResponse({'a': 1}, status_code=418)\n"
    ),
    "failing": "@fused.udf\ndef udf():\n    print('é' * 9000)\n    raise ValueError('bad')\n",
    "nothing": "@fused.udf\ndef udf():\n    pass\n",
    "loading": "@fused.udf\ndef udf():\n    return fused.load('page')(name='y') + fused.run('page', name='z')\n",
    "secretive": "@fused.udf\ndef udf():\n    raise ValueError(fused.secrets['API_KEY'])\n",
    "telling": "@fused.udf\ndef udf():\n    return {'key': fused.secrets['API_KEY']}\n",
}
SECRET = "correct-horse-battery"


@dataclass(frozen=True, kw_only=True)
class Answer:
    status: int
    content_type: str
    body: bytes
    metadata: dict[str, Any]


class Caller:
    """Calls the service; `tokens` are those of the saved UDFs."""

    def __init__(self, shell: Shell) -> None:
        self._service = shell.service
        self.put("realtime/local/api/v1/secrets/API_KEY", {"value": SECRET}, method="PUT")
        self.tokens = {name: self._saved(name, code) for name, code in UDFS.items()}

    def _saved(self, name: str, code: str) -> str:
        udf = {"type": "geopandas_v2", "name": name, "entrypoint": "udf", "code": code}
        saved = self.put("udf/new", {"slug": name, "udf_body": json.dumps(udf)})
        token: str = self.put("udf-access-token/new", {"udf_id": saved["id"]})["token"]
        return token

    def put(self, path: str, body: Any, method: str = "POST") -> Any:
        headers = {"Authorization": f"Bearer {self._service['token']}", "Content-Type": "application/json"}
        request = urllib.request.Request(
            f"{self._service['url']}/{path}", data=json.dumps(body).encode(), headers=headers, method=method
        )
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)

    def run(self, name: str, query: str = "", *, path: str = "run/file") -> Answer:
        """The answer to whoever has nothing but the token."""
        url = f"{self._service['url']}/realtime-shared/{self.tokens[name]}/{path}?{query}"
        try:
            answer = urllib.request.urlopen(url)
        except urllib.error.HTTPError as error:
            answer = error
        with answer:
            return Answer(
                status=answer.status,
                content_type=answer.headers["Content-Type"],
                body=answer.read(),
                metadata=json.loads(answer.headers["x-fused-metadata"]),
            )


@pytest.fixture(scope="module")
def caller(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Caller]:
    for shell in in_folder(tmp_path_factory.mktemp("realtime")):
        shell.run("jobs")  # starts the service
        yield Caller(shell)


@pytest.mark.parametrize(
    ("name", "asked", "content_type"),
    [
        ("table", "parquet", "application/octet-stream"),
        ("table", "geojson", "application/geo+json"),
        ("table", "json", "application/json"),
        ("table", "csv", "text/csv"),
        ("table", "html", "text/html"),
        ("table", "feather", "application/vnd.apache.arrow.file"),
        ("table", "xml", "application/xml"),
        ("table", "excel", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        ("image", "png", "image/png"),
        ("image", "tiff", "image/tiff"),
        ("image", "webp", "image/webp"),
        ("page", "html", "text/html"),
        ("page", "parquet", "text/html"),
        ("nothing", "parquet", "text/plain"),
    ],
)
def test_a_result_comes_in_the_format_that_was_asked_for_where_its_kind_has_it(
    name: str, asked: str, content_type: str, caller: Caller
) -> None:
    answer = caller.run(name, f"dtype_out_vector={asked}&dtype_out_raster={asked}")
    assert (answer.status, answer.content_type.partition(";")[0]) == (200, content_type)
    assert answer.metadata["has_exception"] is False


@pytest.mark.parametrize(
    ("asked", "content_type"), [("mvt", "application/vnd.mapbox-vector-tile"), ("geojson", "application/geo+json")]
)
def test_a_tile_has_its_extent(asked: str, content_type: str, caller: Caller) -> None:
    answer = caller.run("table", f"dtype_out_vector={asked}", path="run/tiles/1/0/1")
    assert (answer.status, answer.content_type) == (200, content_type)


def test_an_image_tile_is_a_picture(caller: Caller) -> None:
    answer = caller.run("image", "format=png", path="run/tiles/3/2/1")
    assert answer.body.startswith(b"\x89PNG")


def test_words_of_the_url_become_arguments_and_control_words_do_not(caller: Caller) -> None:
    answer = caller.run("table", "n=5&flag=false&bounds=[1,2,3,4]&_include_log=true&format=csv&cache_max_age=1")
    assert answer.body.decode().splitlines()[1].startswith("5,False,")


@pytest.mark.parametrize(("query", "said"), [("flag=maybe", "write true or false"), ("n=1.5", "cannot be read as int")])
def test_a_word_that_is_not_understood_is_refused(query: str, said: str, caller: Caller) -> None:
    answer = caller.run("table", query)
    assert answer.status == 422
    assert said in json.loads(answer.body)["detail"]


def test_a_failure_is_a_422_with_what_the_clients_read_beside_it(caller: Caller) -> None:
    answer = caller.run("failing")
    assert (answer.status, json.loads(answer.body)) == (422, {"detail": "ValueError: bad"})
    expected = {"has_exception": True, "exception_class": "ValueError", "errormsg": "ValueError: bad", "lineno": 4}
    assert {name: answer.metadata[name] for name in expected} == expected
    assert answer.metadata["stderr"].endswith("ValueError: bad\n")
    assert set(answer.metadata) >= {"stdout", "exception", "profile", "error_type", "chunkinfo"}


def test_a_format_that_nobody_has_is_refused_with_those_there_are(caller: Caller) -> None:
    answer = caller.run("table", "format=docx")
    assert answer.status == 422
    assert "there are parquet, geojson, json, csv" in json.loads(answer.body)["detail"]


def test_a_response_is_answered_with_its_own_status(caller: Caller) -> None:
    answer = caller.run("refusing")
    assert (answer.status, answer.content_type, answer.body) == (418, "application/json", b'{"a":1}')


def test_a_udf_loads_and_runs_another_that_is_saved(caller: Caller) -> None:
    assert caller.run("loading").body == b"<b>y</b><b>z</b>"


def test_a_secret_is_in_no_answer(caller: Caller) -> None:
    answer = caller.run("secretive")
    assert json.loads(answer.body) == {"detail": "ValueError: ***"}
    assert SECRET not in json.dumps(answer.metadata)


def test_a_result_that_holds_a_secret_is_refused(caller: Caller) -> None:
    answer = caller.run("telling")
    assert answer.status == 422
    assert "holds the value of the secret API_KEY" in json.loads(answer.body)["detail"]
