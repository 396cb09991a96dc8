"""Images without a network: declared, refused, built once, and failing with the builder's own words."""

import ast
import asyncio
import json
import subprocess
import sys
from pathlib import Path

import pytest

import fused_spec
from fused_spec.configuration.engine_needs import ENGINE_NEEDS, engine_requirements
from fused_spec.service.images.build import BUILD_LOG, Image, build, folder_of, is_built, python_of
from fused_spec.service.images.images import ImageFailed, Images
from fused_spec.service.state.declared import declare_images

PACKAGE = Path(fused_spec.__file__).parent
CANNOT_BE = {"python": "3.99", "requirements": []}
NAMES = {"mapbox_vector_tile": "mapbox-vector-tile", "PIL": "pillow"}
COME_WITH = dict.fromkeys(("numpy", "pandas", "pyogrio", "pyproj", "shapely"), "geopandas")
OPTIONAL = {"fused", "dask", "distributed", "xarray", "rioxarray", "s3fs", "gcsfs"}


def images(state: Path, **declared: object) -> Images:
    declare_images(state, declared)
    return Images(state)


def asked(images: Images, *names: str) -> tuple[list[str], list[object]]:
    """What was said, and how each asking ended."""
    said: list[str] = []

    async def ask() -> list[object]:
        return list(await asyncio.gather(*(images.python(name, said.append) for name in names), return_exceptions=True))

    return said, asyncio.run(ask())


def test_an_unknown_image_is_refused_with_those_that_are_known(tmp_path: Path) -> None:
    why = images(tmp_path, **{"batch-2024": {}, "tiles": {}}).why_unknown("batch-2026")
    assert why == 'there is no image batch-2026; declared are batch-2024, tiles; did you mean "batch-2024"?'


def test_without_a_declaration_it_is_said_where_one_goes(tmp_path: Path) -> None:
    assert str(Images(tmp_path).why_unknown("batch")).endswith("declare it under images in fused-spec.yaml")


def test_a_declaration_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    (tmp_path / "images.json").write_text("{", encoding="utf-8")
    assert "images.json cannot be read: JSONDecodeError" in str(Images(tmp_path).why_unknown("batch"))


def test_a_requirement_is_no_option(tmp_path: Path) -> None:
    made = images(tmp_path, batch={"requirements": ["--index-url=http://example.invalid"]})
    assert "is an option and no requirement" in str(made.why_unknown("batch"))


@pytest.mark.parametrize("has_uv", [True, False], ids=["uv, if there is one", "venv and pip"])
def test_a_failed_build_says_the_last_words_of_the_builder(
    has_uv: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not has_uv:
        monkeypatch.setenv("PATH", str(tmp_path))
    said, [failure] = asked(images(tmp_path, old=CANNOT_BE), "old")
    assert isinstance(failure, ImageFailed)
    assert str(failure).startswith("the image old cannot be built; its log is")
    assert any("3.99" in line for line in failure.said if not line.startswith("$ ")), failure.said
    assert said[0].startswith("building the image old (Python 3.99, no requirements); its log is ")


def test_a_builder_has_the_secrets_of_its_index_and_no_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    builder = tmp_path / "bin" / "uv"
    builder.parent.mkdir()
    builder.write_text(f"#!{sys.executable}\nimport os\nprint(sorted(os.environ))\nraise SystemExit(1)\n")
    builder.chmod(0o700)
    for name in ("FUSED_AUTH_TOKEN", "AWS_SECRET_ACCESS_KEY", "UV_INDEX_TEAM_PASSWORD", "PLAIN"):
        monkeypatch.setenv(name, "x")
    monkeypatch.setenv("PATH", str(builder.parent))
    _, [failure] = asked(images(tmp_path, batch={}), "batch")
    assert isinstance(failure, ImageFailed)
    [seen] = [line for line in failure.said if line.startswith("[")]
    assert ["'UV_INDEX_TEAM_PASSWORD'" in seen, "'PLAIN'" in seen] == [True, True]
    assert ["'FUSED_AUTH_TOKEN'" in seen, "'AWS_SECRET_ACCESS_KEY'" in seen] == [False, False]


def test_two_that_ask_at_once_build_once(tmp_path: Path) -> None:
    _, failures = asked(images(tmp_path, old=CANNOT_BE, same=CANNOT_BE), "old", "same")
    assert [type(failure) for failure in failures] == [ImageFailed, ImageFailed]
    [folder] = (tmp_path / "images").iterdir()
    assert (folder / BUILD_LOG).read_text(encoding="utf-8").count("$ ") == 1


def test_what_an_image_holds_is_its_identity() -> None:
    one, other = (Image.from_json({"requirements": [f"pandas=={version}"]}) for version in ("2.2.3", "2.2.2"))
    here = Path("images")
    assert folder_of(here, one) == folder_of(here, Image.from_json(json.loads(one.as_text())))
    assert folder_of(here, one) != folder_of(here, other)


def test_a_built_image_is_not_built_again(tmp_path: Path) -> None:
    image = Image(python=None, requirements=("this-cannot-be-installed==0",))
    folder = folder_of(tmp_path, image)
    python_of(folder).parent.mkdir(parents=True)
    python_of(folder).touch()
    (folder / "built").touch()
    build(folder, image)
    assert not (folder / BUILD_LOG).exists()


def test_an_image_whose_python_is_gone_is_not_built(tmp_path: Path) -> None:
    (tmp_path / "built").touch()
    assert not is_built(tmp_path)


def test_a_build_is_a_process_that_fails_as_its_builder_does(tmp_path: Path) -> None:
    text = Image.from_json(CANNOT_BE).as_text()
    command = [sys.executable, "-m", "fused_spec.service.images.build", str(tmp_path / "image"), text]
    assert subprocess.run(command, capture_output=True, check=False).returncode != 0


def test_the_requirements_of_the_engine_are_those_of_this_package() -> None:
    assert {text.split(">")[0] for text in engine_requirements()} == ENGINE_NEEDS


def test_an_image_has_everything_that_the_engine_imports() -> None:
    files = [*(PACKAGE / "engine").rglob("*.py"), *(PACKAGE / "wire").rglob("*.py"), *PACKAGE.glob("*.py")]
    imported = set()
    for file in files:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                imported |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
                imported.add(node.module.split(".")[0])
    foreign = imported - set(sys.stdlib_module_names) - {"fused_spec"} - OPTIONAL
    assert {COME_WITH.get(name, NAMES.get(name, name)) for name in foreign} <= ENGINE_NEEDS


@pytest.mark.parametrize("images", [{}, {"batch": {"python": "3.12"}}])
def test_what_is_declared_is_there_whole_or_not_at_all(tmp_path: Path, images: dict[str, object]) -> None:
    declare_images(tmp_path / "state", images)
    path = tmp_path / "state" / "images.json"
    assert (json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}) == images
