"""Where a UDF's code may come from, what it loads, and the commits behind it."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fused_spec.cli.terminal.spec_text import Sources
from fused_spec.spec.model import DesiredJob, Resolution
from fused_spec.spec.project.git_lock import LOCK_FILE, locks_text, read_locks, write_locks
from fused_spec.spec.resolve import resolve
from fused_spec.spec.udfs.git_sources import GitSources
from fused_spec.udfs.bundle import bundle_of
from fused_spec.udfs.gitrefs import Repositories
from tests.repositories import commit_files

WEB = "https://github.com/geo/udfs"
UDF = "@fused.udf\ndef udf(n: int = 1):\n    return n\n"
PROJECT = f"""\
apiVersion: fused-spec/v1
project: {{name: geo, id: 10f43975-985c-4f7d}}
clones: {{{WEB}: clone}}
"""
JOB = """\
apiVersion: fused-spec/v1
kind: Job
metadata: {name: areas}
spec:
  config:
    steps:
      - type: udf
        udf: UDF
"""

Made = Callable[..., Resolution]


@pytest.fixture
def made(tmp_path: Path) -> Made:
    """Write a project whose one job has this `udf`, with these files in `specs/`, and resolve it offline."""

    def write_and_resolve(udf: str, files: dict[str, str] | None = None) -> Resolution:
        (tmp_path / "fused-spec.yaml").write_text(PROJECT)
        for name, content in {"job.yaml": JOB.replace("UDF", udf), **(files or {})}.items():
            path = tmp_path / "specs" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content)
        return resolve(["specs"], cwd=tmp_path)

    return write_and_resolve


def the_job(resolution: Resolution) -> DesiredJob:
    assert [problem for problem in resolution.diagnostics if problem.is_error] == []
    [only] = resolution.desired
    assert isinstance(only, DesiredJob)
    return only


def the_udf(resolution: Resolution) -> dict[str, Any]:
    udf: dict[str, Any] = the_job(resolution).payload["config"]["steps"][0]["udf"]
    return udf


def places(resolution: Resolution) -> list[str]:
    """The places of what travels along."""
    headers = the_udf(resolution).get("headers", [])
    return list(bundle_of((one.get("source_file"), one["source_code"]) for one in headers).entries)


def lock(tmp_path: Path, *locks: tuple[str, str]) -> None:
    (tmp_path / LOCK_FILE).write_text(locks_text({(WEB, ref): commit for ref, commit in locks}))


def loading(reference: str) -> str:
    return f'common = fused.load("{reference}")\n{UDF}'


def test_a_udf_may_be_a_folder_as_fuseds_tools_export_it(made: Made) -> None:
    described = {"source": "code.py", "entrypoint": "main", "name": "Area", "parameters": {"n": 2, "m": 3}}
    meta = json.dumps({"job_config": {"steps": [{"type": "udf", "udf": described}]}})
    code = "@fused.udf\ndef main(n, m):\n    return n\n"
    files = {"udfs/Area/meta.json": meta, "udfs/Area/code.py": code}
    resolution = made("{folder: udfs/Area, parameters: {n: 5}}", files)
    assert the_udf(resolution) == {
        "name": "Area",
        "entrypoint": "main",
        "code": code,
        "parameters": {"n": 5, "m": 3},
    }
    assert the_job(resolution).sources == {"config.steps.0.udf.code": "specs/udfs/Area/code.py"}


def test_code_within_meta_json_is_read(made: Made) -> None:
    meta = json.dumps({"job_config": {"steps": [{"udf": {"code": UDF, "entrypoint": "udf", "name": "Area"}}]}})
    assert the_udf(made("{folder: Area}", {"Area/meta.json": meta}))["code"] == UDF


@pytest.mark.parametrize(
    ("udf", "files", "message"),
    [
        ("{folder: Area}", {"Area/a.py": UDF, "Area/b.py": UDF}, "specs/Area holds no UDF"),
        ("{folder: Area}", {"Area/meta.json": "{"}, "Area/meta.json is no JSON"),
        ("{folder: area.py}", {"area.py": UDF}, "area.py is no folder"),
        ("{folder: Area}", {}, "Area does not exist"),
        ("{file: Area}", {"Area/Area.py": UDF}, "Area is a folder"),
    ],
)
def test_a_folder_without_a_udf_is_told(udf: str, files: dict[str, str], message: str, made: Made) -> None:
    [problem] = made(udf, files).diagnostics
    assert problem.message.startswith(message)
    assert problem.hint


def test_a_udf_in_git_is_read_at_its_locked_commit(made: Made, tmp_path: Path) -> None:
    commit = commit_files(tmp_path / "clone", {"lib/area.py": UDF})
    commit_files(tmp_path / "clone", {"lib/area.py": "changed\n"})
    lock(tmp_path, (commit[:7], commit))
    resolution = made(f"{{git: {WEB}/tree/{commit[:7]}/lib/area.py}}")
    assert the_udf(resolution)["code"] == UDF
    assert set(the_job(resolution).sources.values()) == {f"git+{WEB}@{commit}:lib/area.py"}


def test_the_commit_of_a_udf_from_git_travels_with_it(made: Made, tmp_path: Path) -> None:
    commit = commit_files(tmp_path / "clone", {"lib/area.py": UDF})
    [header] = the_udf(made(f"{{git: {WEB}/tree/{commit}/lib/area.py}}"))["headers"]
    assert (header["source_code"], f"{WEB}@{commit}:lib/area.py" in header["source_file"]) == ("", True)
    assert bundle_of([(header["source_file"], "")]).home == f"git+{WEB}@{commit}:lib/"


def test_a_whole_commit_needs_no_lock(made: Made, tmp_path: Path) -> None:
    commit = commit_files(tmp_path / "clone", {"area.py": UDF})
    assert the_udf(made(f'{{git: "git+{WEB}@{commit}:area"}}'))["code"] == UDF


def test_an_unlocked_reference_names_the_command_that_locks_it(made: Made, tmp_path: Path) -> None:
    commit_files(tmp_path / "clone", {"area.py": UDF})
    [problem] = made(f"{{git: {WEB}/tree/main/area.py}}").diagnostics
    assert problem.message == f"{WEB} main is not in fused-spec.lock"
    assert "fused-spec lock" in str(problem.hint)


def test_a_locked_reference_that_is_not_here_says_how_to_bring_it(made: Made, tmp_path: Path) -> None:
    lock(tmp_path, ("main", "0" * 40))
    [problem] = made(f"{{git: {WEB}/tree/main/area.py}}").diagnostics
    assert problem.code == "git"
    assert "fused-spec lock" in str(problem.hint)
    assert "clones in fused-spec.yaml" in str(problem.hint)


def test_a_path_that_is_not_in_the_commit_is_told(made: Made, tmp_path: Path) -> None:
    commit = commit_files(tmp_path / "clone", {"area.py": UDF})
    [problem] = made(f"{{git: {WEB}/tree/{commit}/areas}}").diagnostics
    assert problem.message == f"there is no UDF at areas in commit {commit[:12]}"


def test_what_a_udf_loads_by_bare_name_travels_along(made: Made) -> None:
    files = {"area.py": loading("common"), "common.py": "x = fused.load('Deep')\n", "Deep/Deep.py": UDF, "b.py": UDF}
    resolution = made("{file: area.py}", files)
    assert places(resolution) == ["Deep", "common"]
    assert the_job(resolution).sources == {
        "config.steps.0.udf.code": "specs/area.py",
        "config.steps.0.udf.headers.0.source_code": "specs/Deep/Deep.py",
        "config.steps.0.udf.headers.1.source_code": "specs/common.py",
    }


@pytest.mark.parametrize(
    "code",
    [
        'fused.load("common")',
        'fused.run("common", n=2)',
        'fused.submit("common", [1, 2])',
        'NAME = "common"\nfused.load(NAME)',
        "fused.utils.common.f()",
        'def f():\n    return fused.load("./common.py").x',
    ],
)
def test_a_load_is_found_in_each_of_its_forms(code: str, made: Made) -> None:
    files = {"area.py": f"{code}\n{UDF}", "common.py": UDF}
    assert [place.removesuffix(".py") for place in places(made("{file: area.py}", files))] == ["common"]


def test_a_udf_exported_as_a_folder_finds_neighbours_beside_that_folder(made: Made) -> None:
    files = {"A/A.py": loading("B"), "B/B.py": UDF}
    assert places(made("{file: A/A.py}", files)) == ["B"] == places(made("{folder: A}"))


def test_headers_load_as_well(made: Made) -> None:
    files = {"area.py": UDF, "geo.py": 'import fused\nx = fused.load("common")\n', "common.py": UDF}
    assert places(made("{file: area.py, headers: [{module_name: geo, file: geo.py}]}", files)) == ["common"]


def test_a_change_of_a_neighbour_changes_the_digest(made: Made) -> None:
    files = {"area.py": loading("common"), "common.py": UDF}
    before = the_job(made("{file: area.py}", files)).digest
    assert the_job(made("{file: area.py}", {**files, "other.py": UDF})).digest == before
    assert the_job(made("{file: area.py}", {**files, "common.py": f"{UDF}\n# more\n"})).digest != before


def test_what_a_udf_loads_from_git_travels_at_its_commit(made: Made, tmp_path: Path) -> None:
    commit = commit_files(tmp_path / "clone", {"lib/common.py": "x = fused.load('deep')\n", "lib/deep/deep.py": UDF})
    lock(tmp_path, ("v1", commit))
    resolution = made("{file: area.py}", {"area.py": loading(f"{WEB}/tree/v1/lib/common")})
    assert places(resolution) == [f"git+{WEB}@{commit}:lib/common", f"git+{WEB}@{commit}:lib/deep"]


def test_another_commit_is_another_digest(made: Made, tmp_path: Path) -> None:
    files = {"area.py": loading(f"{WEB}/tree/main/common")}
    digests = []
    for readme in ("one", "two"):
        commit = commit_files(tmp_path / "clone", {"common.py": UDF, "README.md": readme})
        lock(tmp_path, ("main", commit))
        digests.append(the_job(made("{file: area.py}", files)).digest)
    assert digests[0] != digests[1]


def test_a_load_that_cannot_be_resolved_is_told_at_its_line(made: Made) -> None:
    [problem] = made("{file: area.py}", {"area.py": f"\n{loading(f'{WEB}/tree/main/common')}"}).diagnostics
    assert (problem.location.path, problem.location.line, problem.location.column) == ("specs/area.py", 2, 21)
    assert (problem.code, problem.is_error) == ("udf-load", True)


def test_a_broken_load_within_code_from_git_is_nobodys_here_to_mend(made: Made, tmp_path: Path) -> None:
    commit = commit_files(tmp_path / "clone", {"common.py": loading("https://github.com/else/where/tree/main/x")})
    resolution = made("{file: area.py}", {"area.py": loading(f"{WEB}/tree/{commit}/common")})
    assert resolution.diagnostics == ()


def test_of_helpers_from_git_only_what_they_import_at_once_is_sure_to_be_needed(made: Made, tmp_path: Path) -> None:
    helpers = "import nosuchmodule\ndef f():\n    import another\n"
    commit = commit_files(tmp_path / "clone", {"common.py": helpers})
    [problem] = made("{file: area.py}", {"area.py": loading(f"{WEB}/tree/{commit}/common")}).diagnostics
    assert problem.message == (
        f"module nosuchmodule of git+{WEB}@{commit}:common:1 is not in the environment of the local service"
    )


def test_of_a_udf_in_git_that_is_called_itself_every_import_counts(made: Made, tmp_path: Path) -> None:
    source = "@fused.udf\ndef udf(n: int = 1):\n    import nosuchmodule\n"
    commit = commit_files(tmp_path / "clone", {"area.py": source})
    [problem] = made(f"{{git: {WEB}/tree/{commit}/area.py}}").diagnostics
    assert (problem.code, problem.location.path) == ("missing-module", "specs/job.yaml")


def test_a_name_that_is_nothing_here_may_be_saved_at_the_service(made: Made) -> None:
    resolution = made("{file: area.py}", {"area.py": loading("comon"), "common.py": UDF})
    [problem] = resolution.diagnostics
    assert (problem.is_error, problem.message) == (False, 'nothing beside this UDF is named "comon"')
    assert str(problem.hint).startswith('did you mean "common"?')
    assert places(resolution) == []


@pytest.mark.parametrize("reference", ["fsh_0123456789", "/srv/udfs/x.py", "team/common", "https://example.com/x"])
def test_what_only_the_service_knows_draws_no_word(reference: str, made: Made) -> None:
    assert made("{file: area.py}", {"area.py": loading(reference)}).diagnostics == ()


def test_a_declared_udf_is_a_known_name(made: Made) -> None:
    saved = "apiVersion: fused-spec/v1\nkind: Udf\nmetadata: {name: saved}\nspec: {udf: {file: common.py}}\n"
    files = {"area.py": loading("saved"), "common.py": UDF, "saved.yaml": saved}
    assert made("{file: area.py}", files).diagnostics == ()


def test_neighbours_outside_the_project_are_not_read(made: Made, tmp_path: Path) -> None:
    (tmp_path.parent / "outside_of_it.py").write_text(UDF)
    assert places(made("{file: area.py}", {"area.py": loading("../../outside_of_it")})) == []


def test_udfs_that_load_each_other_are_each_taken_once(made: Made) -> None:
    files = {"area.py": loading("a"), "a.py": loading("b"), "b.py": loading("a")}
    assert places(made("{file: area.py}", files)) == ["a", "b"]


def test_loading_resolves_what_is_locked_now(made: Made, tmp_path: Path) -> None:
    commit = commit_files(tmp_path / "clone", {"common.py": UDF})
    made("{file: area.py}", {"area.py": loading(f"{WEB}/tree/main/common")})
    repositories = Repositories(cache=tmp_path / "cache", clones={WEB: tmp_path / "clone"})
    sources = GitSources(repositories=repositories, lock=repositories.commit)
    resolution = resolve(["specs"], cwd=tmp_path, git=lambda project, locks: sources)
    assert resolution.valid
    assert sources.used == {(WEB, "main"): commit}


def test_the_lock_file_is_the_same_text_for_the_same_locks(tmp_path: Path) -> None:
    locks = {(WEB, "v1"): "1" * 40, ("https://a.example/b", "main"): "2" * 40}
    text = locks_text(locks)
    (tmp_path / LOCK_FILE).write_text(text)
    assert read_locks(tmp_path) == (locks, [])
    assert text == locks_text(dict(reversed(locks.items())))


def test_a_line_that_is_no_lock_is_told_with_its_place(made: Made, tmp_path: Path) -> None:
    (tmp_path / LOCK_FILE).write_text("# locks\n<<<<<<< HEAD\n")
    [problem] = made("{file: area.py}", {"area.py": UDF}).diagnostics
    assert (problem.code, problem.location.path, problem.location.line) == ("bad-lock", "fused-spec.lock", 2)


def test_an_expectation_is_part_of_the_digest(made: Made) -> None:
    plain = the_job(made("{file: area.py}", {"area.py": UDF}))
    expecting = the_job(made("{file: area.py}\n        expect: {rows: 1}"))
    assert expecting.payload["config"]["steps"][0]["expect"] == {"rows": 1}
    assert expecting.digest != plain.digest
    assert the_job(made("{file: area.py}\n        expect: null")).digest == plain.digest


@pytest.mark.parametrize(
    ("expect", "message"),
    [
        ("{rows: {min: 2, max: 1}}", "min is more than max"),
        ("{bounds: [1, 0, 0, 1]}", "the bounds enclose nothing"),
        ("{crs: foo}", '"foo" is no coordinate system'),
    ],
)
def test_what_no_result_can_fulfil_is_told(expect: str, message: str, made: Made) -> None:
    [problem] = made(f"{{file: area.py}}\n        expect: {expect}", {"area.py": UDF}).diagnostics
    assert problem.message == message


def test_what_no_result_can_fulfil_is_told_beside_an_unknown_field(made: Made) -> None:
    expect = "{row: 1, rows: {min: 2, max: 1, mean: 3}, bounds: [1, 0, 0, 1], crs: foo}"
    problems = made(f"{{file: area.py}}\n        expect: {expect}", {"area.py": UDF}).diagnostics
    expected = "spec.config.steps.0.expect"
    assert {problem.pointer.removeprefix(expected) for problem in problems} == {
        ".row",
        ".rows",
        ".rows.mean",
        ".bounds",
        ".crs",
    }


@pytest.mark.parametrize("rows", ["{min: many, max: 1}", "{min: 2, max: -1}", "[2, 1]"])
def test_rows_that_are_no_numbers_are_told_once(rows: str, made: Made) -> None:
    problems = made(f"{{file: area.py}}\n        expect: {{rows: {rows}}}", {"area.py": UDF}).diagnostics
    assert len(problems) == 1


@pytest.mark.parametrize("crs", ["EPSG:3857", "+proj=utm +zone=33", "+init=epsg:3857"])
def test_a_udf_may_be_expected_to_give_any_coordinate_system(crs: str, made: Made) -> None:
    assert made(f"{{file: area.py}}\n        expect: {{crs: '{crs}'}}", {"area.py": UDF}).diagnostics == ()


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("parameters: {n: 1.5}}", '"n" of udf takes a whole number, not 1.5'),
        ("parameters: {flag: maybe}}", '"flag" of udf takes true or false, not "maybe"'),
        ("parameters: {x: far}}", '"x" of udf takes a number, not "far"'),
        ("}\n        input: [2.5]", '"n" of udf takes a whole number, not 2.5'),
        ("}\n        input: [{x: [1]}]", '"x" of udf takes a number, not [1]'),
    ],
)
def test_a_value_that_an_annotation_refuses_is_told_before_anything_starts(
    given: str, message: str, made: Made
) -> None:
    code = "@fused.udf\ndef udf(n: int = 1, x: float = 1, flag: bool = True):\n    return n\n"
    [problem] = made(f"{{file: area.py, {given}", {"area.py": code}).diagnostics
    assert problem.message == message


@pytest.mark.parametrize("given", ["n: '7'", "n: 7.0", "n: true", "x: '1e3'", "flag: 'no'", "flag: 0", "n: null"])
def test_a_value_that_the_engine_takes_draws_no_word(given: str, made: Made) -> None:
    code = "@fused.udf\ndef udf(n: int = 1, x: float = 1, flag: bool = True):\n    return n\n"
    assert made(f"{{file: area.py, parameters: {{{given}}}}}", {"area.py": code}).diagnostics == ()


@pytest.mark.parametrize("given", ["parameters: {mode: q}}", "}\n        input: [{mode: q}]"])
def test_a_value_that_an_annotation_does_not_list_is_told_before_anything_starts(given: str, made: Made) -> None:
    code = "@fused.udf\ndef udf(n: int = 1, mode: Literal['x', 'y'] = 'x'):\n    return n\n"
    [problem] = made(f"{{file: area.py, {given}", {"area.py": code}).diagnostics
    assert (problem.message, problem.hint) == ('"mode" of udf takes "x" or "y", not "q"', 'write "x" or "y"')


SECRET = "hunter2-SECRET"  # one to look for


@pytest.mark.parametrize(
    ("reference", "message"),
    [
        ("git+file://.@main:x", "no absolute path"),
        ("git+https://[::1/x@main:y", "no URL of a repository"),
        ("git+https://a/b@main@x:y", "no reference to a place in git"),
        ("git+https://a/b@-main:x", "no name in git"),
    ],
)
def test_a_reference_that_nobody_should_follow_is_told(reference: str, message: str, made: Made) -> None:
    [problem] = made(f'{{git: "{reference}"}}').diagnostics
    assert (problem.code, message in problem.message, bool(problem.hint)) == ("git", True, True)


@pytest.mark.parametrize(
    "reference",
    [
        "git+file:///@main:x",
        "git+https://[::1/x@main:y",
        f"git+https://me:{SECRET}@a.example/b@main:x",
        f"https://me:{SECRET}@github.com/geo/udfs/tree/main/x",
    ],
)
def test_code_that_loads_such_a_reference_is_told_at_its_line(reference: str, made: Made) -> None:
    [problem] = made("{file: area.py}", {"area.py": loading(reference)}).diagnostics
    assert (problem.code, problem.location.path, problem.location.line) == ("udf-load", "specs/area.py", 1)
    assert SECRET not in f"{problem.message} {problem.hint}"


@pytest.mark.parametrize("name", ["a\\0b", "a\\ud800", "lib/\\0"])
def test_a_name_that_no_file_can_have_is_told(name: str, made: Made) -> None:
    [problem] = made("{file: area.py}", {"area.py": loading(name)}).diagnostics
    assert problem.message.startswith("no file can be named")


def test_a_lock_file_that_is_a_link_is_not_followed(made: Made, tmp_path: Path) -> None:
    (tmp_path / "other").write_text("# not for these eyes\nx\n")
    (tmp_path / LOCK_FILE).symlink_to(tmp_path / "other")
    [problem] = made("{file: area.py}", {"area.py": UDF}).diagnostics
    assert (problem.code, problem.message) == ("bad-lock", "fused-spec.lock is a link, and must be a file")
    assert Sources(cwd=tmp_path, read_stdin=bytes).line(problem.location) is None


def test_locks_are_written_in_place_of_a_link_and_not_through_it(tmp_path: Path) -> None:
    (tmp_path / "other").write_text("mine\n")
    (tmp_path / LOCK_FILE).symlink_to(tmp_path / "other")
    write_locks(tmp_path, {(WEB, "main"): "0" * 40})
    assert ((tmp_path / "other").read_text(), read_locks(tmp_path)) == ("mine\n", ({(WEB, "main"): "0" * 40}, []))
    assert sorted(file.name for file in tmp_path.iterdir()) == [LOCK_FILE, "other"]


def test_a_clone_below_the_home_of_nobody_is_not_here(made: Made, tmp_path: Path) -> None:
    made("{file: area.py}", {"area.py": UDF})
    (tmp_path / "fused-spec.yaml").write_text(PROJECT.replace("clone}", "~nobody-of-this-name/clone}"))
    assert resolve(["specs"], cwd=tmp_path).diagnostics == ()


def places_of(job: DesiredJob) -> set[tuple[str, int]]:
    return {(place.file.rpartition("/")[2], place.line) for place in job.code_places.values()}


def test_a_job_knows_in_which_files_its_code_stands(made: Made) -> None:
    udf = "{file: area.py, headers: [{module_name: helper, file: helper.py}]}"
    code = "common = fused.load('common')\n" + UDF
    job = the_job(made(udf, {"area.py": code, "helper.py": "X = 1\n", "common.py": "@fused.udf\ndef udf(): pass\n"}))
    assert places_of(job) == {("area.py", 1), ("helper.py", 1), ("common.py", 1)}


def test_of_code_in_a_spec_it_knows_the_line(made: Made) -> None:
    job = the_job(made("\n          code: |\n            @fused.udf\n            def udf(): pass\n"))
    assert places_of(job) == {("job.yaml", 10)}


def test_of_code_in_git_it_knows_the_commit_and_the_path(made: Made, tmp_path: Path) -> None:
    commit = commit_files(tmp_path / "clone", {"area.py": UDF})
    job = the_job(made(f"{{git: {WEB}/tree/{commit}/area.py}}"))
    [place] = job.code_places.values()
    assert (commit in place.file, place.file.endswith("area.py"), place.line) == (True, True, 1)
