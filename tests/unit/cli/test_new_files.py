"""`init` and `add`: what they write, that they overwrite nothing, and what they say when they cannot."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from fused_spec.cli.main import run
from fused_spec.cli.specs.templates import TEMPLATES, project_name, template_files
from fused_spec.spec.resolve import survey

ID = "5a0a2c1e-7f0e-4c0e-9a53-4e2f6f6f2b11"

Told = Callable[..., tuple[int, str]]


@pytest.fixture
def told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]) -> Told:
    """Run a command line in an empty folder; its exit code, and what it said."""
    monkeypatch.chdir(tmp_path)
    for name in ("FUSED_SPEC_TARGET", "FUSED_SPEC_BASE_URL", "FUSED_SPEC_STATE"):
        monkeypatch.delenv(name, raising=False)

    def command(*words: str) -> tuple[int, str]:
        code = run(list(words))
        return code, capfdbinary.readouterr().err.decode()

    return command


def written(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("template", TEMPLATES)
def test_every_target_of_a_template_holds_without_a_warning(tmp_path: Path, template: str) -> None:
    for name, content in template_files(template, name="mine", project_id=ID, target="local").items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(content)
    assert survey(["specs"], cwd=tmp_path).diagnostics == ()


@pytest.mark.parametrize("template", TEMPLATES)
def test_a_template_gets_an_identity_of_its_own(template: str) -> None:
    project = template_files(template, name="mine", project_id=ID, target="local")["fused-spec.yaml"].decode()
    assert f"  name: mine\n  id: {ID} #" in project
    assert "target: local #" in project


@pytest.mark.parametrize("template", TEMPLATES)
def test_the_target_that_is_not_this_machine_is_one_that_the_template_has(template: str) -> None:
    project = template_files(template, name="mine", project_id=ID, target="hosted")["fused-spec.yaml"].decode()
    expected = "dev" if template == "backfill" else "hosted"
    assert re.findall(r"^target: (\w+)", project, re.MULTILINE) == [expected]
    assert f"\n  {expected}:\n    base_url: " in project


@pytest.mark.parametrize(
    ("folder", "name"), [("My Jobs", "my-jobs"), ("2024", "specs"), ("3d-tiles", "d-tiles"), ("Ä", "specs")]
)
def test_a_project_is_called_as_its_folder_as_far_as_that_makes_a_name(folder: str, name: str) -> None:
    assert project_name(folder) == name


def test_init_asks_nothing_where_nobody_is_there(told: Told, tmp_path: Path) -> None:
    code, said = told("init", "new")
    assert (code, "Which template" in said) == (0, False)
    assert {"fused-spec.yaml", "specs/hello.yaml", "udfs/hello.py", ".gitignore"} <= written(tmp_path / "new")


def test_init_says_what_to_type_next(told: Told) -> None:
    code, said = told("init", "a b", "--template", "token")
    assert code == 0
    assert said.endswith(
        "Next:\n  cd 'a b'\n  fused-spec plan specs/\n  fused-spec apply specs/\n"
        "  fused-spec tokens fetch daylight --param latitude=69.65 --format json\n"
    )


def test_a_project_is_called_as_it_is_said(told: Told, tmp_path: Path) -> None:
    assert told("init", "--name", "tiles")[0] == 0
    assert "  name: tiles\n" in (tmp_path / "fused-spec.yaml").read_text()


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("--name", "My Tiles"), "write a name of at most 63 lower-case letters"),
        (("--name", ""), "write a name of at most 63 lower-case letters"),
        (("--template", "none"), "is not one of 'hello', 'ingest', 'map', 'token', 'backfill'"),
        (("--target", "dev"), "a new project has the target local or hosted"),
        (("--base-url", "http://127.0.0.1:1"), "a new project has the target local or hosted"),
    ],
)
def test_what_init_cannot_take_is_told_and_nothing_is_written(
    told: Told, tmp_path: Path, words: tuple[str, ...], why: str
) -> None:
    code, said = told("init", *words)
    assert (code, why in said, written(tmp_path)) == (2, True, set())


def test_init_writes_nothing_where_one_of_its_files_is(told: Told, tmp_path: Path) -> None:
    (tmp_path / "udfs").mkdir()
    (tmp_path / "udfs/hello.py").write_text("mine")
    code, said = told("init")
    assert (code, "udfs/hello.py already exists" in said, written(tmp_path)) == (1, True, {"udfs/hello.py"})


def test_a_job_that_is_added_names_a_file_in_snake_case(told: Told, tmp_path: Path) -> None:
    told("init")
    code, said = told("add", "job", "tiles-of-may")
    assert (code, said) == (
        0,
        "wrote specs/tiles-of-may.yaml\nwrote udfs/tiles_of_may.py\nNext:\n  fused-spec plan specs/\n",
    )
    assert "file: ../udfs/tiles_of_may.py" in (tmp_path / "specs/tiles-of-may.yaml").read_text()


@pytest.mark.parametrize("kind", ["job", "udf"])
def test_what_was_added_holds_without_a_warning(told: Told, tmp_path: Path, kind: str) -> None:
    told("init")
    assert told("add", kind, "more")[0] == 0
    assert survey(["specs"], cwd=tmp_path).diagnostics == ()


def test_a_spec_is_added_to_the_project_around_the_current_folder(
    told: Told, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told("init")
    monkeypatch.chdir(tmp_path / "udfs")
    code, said = told("add", "job", "more")
    assert (code, said) == (0, "wrote ../specs/more.yaml\nwrote ../udfs/more.py\nNext:\n  fused-spec plan ../specs/\n")


def test_the_schema_is_named_where_it_is(told: Told, tmp_path: Path) -> None:
    told("init")
    told("add", "job", "more")
    (tmp_path / "fused-spec.schema.json").unlink()
    told("add", "job", "other")
    heads = [(tmp_path / f"specs/{name}.yaml").read_text().startswith("# yaml-language") for name in ("more", "other")]
    assert heads == [True, False]


@pytest.mark.parametrize("file", ["specs/more.yaml", "udfs/more.py"])
def test_add_overwrites_nothing(told: Told, tmp_path: Path, file: str) -> None:
    told("init")
    (tmp_path / file).write_text("# mine")
    before = written(tmp_path)
    code, said = told("add", "job", "more")
    assert (code, f"{file} already exists" in said, written(tmp_path)) == (1, True, before)
    assert (tmp_path / file).read_text() == "# mine"


def test_what_another_file_declares_is_not_added(told: Told, tmp_path: Path) -> None:
    told("init")
    (tmp_path / "specs/hello.yaml").rename(tmp_path / "specs/all.yaml")
    code, said = told("add", "job", "hello")
    assert (code, "Job/hello is declared already, in specs/all.yaml" in said) == (1, True)


def test_outside_of_a_project_nothing_is_added(told: Told, tmp_path: Path) -> None:
    code, said = told("add", "job", "more")
    assert (code, "`fused-spec init` begins one" in said, written(tmp_path)) == (1, True, set())


def test_a_name_that_is_none_is_not_added(told: Told) -> None:
    told("init")
    code, said = told("add", "job", "../more")
    assert (code, "write a name of at most 63 lower-case letters" in said) == (2, True)


def test_a_token_is_of_the_only_udf_that_is_declared(told: Told, tmp_path: Path) -> None:
    told("init", "--template", "map")
    (tmp_path / ".gitignore").unlink()
    assert told("add", "token", "url")[0] == 0
    assert "udf: {ref: tiles}" in (tmp_path / "specs/url.yaml").read_text()
    assert ".secrets/" in (tmp_path / ".gitignore").read_text()
    assert survey(["specs"], cwd=tmp_path).diagnostics == ()


def test_a_token_is_of_the_udf_that_is_named(told: Told, tmp_path: Path) -> None:
    told("init", "--template", "map")
    told("add", "udf", "more")
    assert told("add", "token", "url", "--udf", "more")[0] == 0
    assert "udf: {ref: more}" in (tmp_path / "specs/url.yaml").read_text()


@pytest.mark.parametrize(
    ("words", "code", "why"),
    [
        (("url",), 1, "name one of more, tiles by --udf"),
        (("url", "--udf", "mor"), 2, 'no UDF is declared as "mor"; did you mean "more"?'),
        (("more",), 1, "`fused-spec add token more-url --udf more` gives it a name and a file of its own"),
    ],
)
def test_a_token_whose_udf_is_not_known_is_not_added(
    told: Told, tmp_path: Path, words: tuple[str, ...], code: int, why: str
) -> None:
    told("init", "--template", "map")
    told("add", "udf", "more")
    before = written(tmp_path)
    ended, said = told("add", "token", *words)
    assert (ended, why in said, written(tmp_path)) == (code, True, before), said


def test_without_a_udf_there_is_no_token(told: Told) -> None:
    told("init")
    code, said = told("add", "token", "url")
    assert (code, "`fused-spec add udf url` declares one" in said) == (1, True)
