"""What a UDF imports, and whether the environment that it runs in has it."""

from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from fused_spec.messages.diagnostics import Diagnostic, Severity
from fused_spec.spec.resolve import resolve
from fused_spec.spec.udfs.imports import ENGINE_MODULES, Import
from fused_spec.spec.udfs.packages import environment
from fused_spec.spec.udfs.packages.distributions import distributions_of, normal
from fused_spec.spec.udfs.packages.environment import Here, Image
from fused_spec.spec.udfs.python_source import Syntax, syntax_of

PROJECT = """\
apiVersion: fused-spec/v1
project: {name: tiles, id: 5a0a2c1e-7f0e}
images:
  batch-2024: {python: "3.12", requirements: [REQUIREMENTS]}
"""
SPEC = """\
apiVersion: fused-spec/v1
kind: Job
metadata: {name: tiles}
spec:
  image_name: batch-2024
  config:
    steps:
      - type: udf
        udf: {file: udfs/a.py}
"""
UDF = "import fused\nimport nosuchmodule\n@fused.udf\ndef udf():\n    import sklearn.cluster\n    return 1\n"


def imported(source: str) -> list[str]:
    syntax = syntax_of(source)
    assert isinstance(syntax, Syntax)
    return [one.module for one in syntax.imports]


def told(
    folder: Path, *, requirements: str = "", spec: str = SPEC, target: str = "local", **files: str
) -> list[Diagnostic]:
    """What is told of a project with these files, by names as `udfs__a__py`."""
    project = PROJECT.replace("REQUIREMENTS", requirements)
    for name, content in {"fused-spec__yaml": project, "tiles__yaml": spec, "udfs___a__py": UDF, **files}.items():
        path = folder / name.replace("___", "/").replace("__", ".")
        path.parent.mkdir(exist_ok=True)
        path.write_text(content, encoding="utf-8")
    return list(resolve(["tiles.yaml"], cwd=folder, target=lambda _: target).diagnostics)


@pytest.mark.parametrize(
    ("source", "modules"),
    [
        ("import a, b.c as d", ["a", "b"]),
        ("from a.b import c", ["a"]),
        ("from . import a", []),
        ("import os, json, fused, fused.types", []),
        ("from google.cloud import storage, bigquery", ["google.cloud.storage", "google.cloud.bigquery"]),
        ("def f():\n    for i in x:\n        with y:\n            import a", ["a"]),
        ("class A:\n    async def f(self):\n        import a", ["a"]),
        ("match x:\n    case 1:\n        import a", ["a"]),
        ("try:\n    import a\nexcept ImportError:\n    import b", []),
        ("try:\n    import a\nexcept (ValueError, ModuleNotFoundError):\n    pass", []),
        ("try:\n    import a\nexcept:\n    pass\nfinally:\n    import b", ["b"]),
        ("try:\n    import a\nexcept ValueError:\n    import b\nelse:\n    import c", ["a", "b", "c"]),
        ("with contextlib.suppress(ImportError):\n    import a", []),
        ("if TYPE_CHECKING:\n    import a\nelse:\n    import b", ["b"]),
        ("if not typing.TYPE_CHECKING:\n    import a", []),
        ("if sys.version_info < (3, 12):\n    import a", []),
        ("if importlib.util.find_spec('a'):\n    import a", []),
        ("if x:\n    import a\nelif y:\n    import b\nelse:\n    import c", ["a", "b", "c"]),
        ("x = 'import a'", []),
    ],
)
def test_imports_that_may_not_fail_are_found_at_any_depth(source: str, modules: list[str]) -> None:
    assert imported(source) == modules


def test_an_import_is_known_by_the_first_place_that_does_not_wait_for_a_call() -> None:
    syntax = syntax_of("def f():\n    import a\nimport b, a\n")
    assert isinstance(syntax, Syntax)
    assert syntax.imports == (Import(module="b", line=3, column=8), Import(module="a", line=3, column=11))


def test_a_module_that_the_image_has_not_is_told_at_its_line(tmp_path: Path) -> None:
    first, second = told(tmp_path)
    assert [first.message, second.message] == [
        'module nosuchmodule of udfs/a.py:2 is not in the image "batch-2024"',
        'module sklearn of udfs/a.py:5 is not in the image "batch-2024"',
    ]
    assert (str(second.location), second.code, second.severity) == (
        "udfs/a.py:5:12",
        "missing-module",
        Severity.WARNING,
    )
    assert second.hint is not None
    assert second.hint.startswith('add "scikit-learn" to images.batch-2024.requirements in fused-spec.yaml')


@pytest.mark.parametrize("requirement", ["nosuchmodule==1", "NoSuchModule[all]>=2", "nosuchmodule @ https://a/b.whl"])
def test_a_module_that_a_requirement_names_is_not_told(tmp_path: Path, requirement: str) -> None:
    assert told(tmp_path, requirements=f'"{requirement}", scikit-learn') == []


def test_an_image_that_nobody_declares_may_hold_anything(tmp_path: Path) -> None:
    assert told(tmp_path, spec=SPEC.replace("batch-2024", "registry.example.com/team/image")) == []


def test_without_an_image_the_environment_of_the_local_service_counts(tmp_path: Path) -> None:
    first, _ = told(tmp_path, spec=SPEC.replace("  image_name: batch-2024\n", ""))
    assert first.message == "module nosuchmodule of udfs/a.py:2 is not in the environment of the local service"


def test_what_another_service_has_installed_nobody_knows(tmp_path: Path) -> None:
    assert told(tmp_path, spec=SPEC.replace("  image_name: batch-2024\n", ""), target="hosted") == []


def test_headers_are_looked_into_and_are_modules_themselves(tmp_path: Path) -> None:
    spec = SPEC.replace("{file: udfs/a.py}", "{file: udfs/a.py, headers: [{module_name: h, file: udfs/h.py}]}")
    code = "import h\n@fused.udf\ndef udf(): pass\n"
    [problem] = told(tmp_path, spec=spec, udfs___a__py=code, udfs___h__py="import h, gone\n")
    assert problem.message == 'module gone of udfs/h.py:1 is not in the image "batch-2024"'


def test_what_a_udf_loads_is_looked_into(tmp_path: Path) -> None:
    code = "@fused.udf\ndef udf(): fused.load('common')\n"
    [problem] = told(tmp_path, udfs___a__py=code, udfs___common__py="def f():\n    import gone\n")
    assert str(problem.location) == "udfs/common.py:2:12"


def test_a_file_beside_a_udf_is_no_module(tmp_path: Path) -> None:
    code = "import common\n@fused.udf\ndef udf(): pass\n"
    [problem] = told(tmp_path, udfs___a__py=code, udfs___common__py="x = 1\n")
    assert problem.message == "module common of udfs/a.py:1 lies beside it, and does not travel along"


def test_code_in_a_spec_is_told_at_its_line_there(tmp_path: Path) -> None:
    code = "\n          code: |\n            import gone\n            @fused.udf\n            def udf(): pass\n"
    [problem] = told(tmp_path, spec=SPEC.replace(" {file: udfs/a.py}\n", code))
    assert str(problem.location) == "tiles.yaml:11:20"
    assert problem.message.startswith("module gone of tiles.yaml:11 ")


def test_many_specs_with_one_udf_are_told_once(tmp_path: Path) -> None:
    second = SPEC.replace("name: tiles", "name: others")
    assert len(told(tmp_path, spec=f"{SPEC}---\n{second}")) == 2


def test_what_a_requirement_brings_is_in_the_image_as_far_as_it_is_known_here() -> None:
    image = Image("x", {"requirements": ["matplotlib"]})
    assert image.has("dateutil")
    assert image.has("kiwisolver")
    assert not image.has("hypothesis")


def test_a_hint_says_of_which_requirement_nobody_knows_what_it_brings() -> None:
    hint = Image("x", {"requirements": ["nosuchpackage"]}).hint("a")
    assert hint.endswith("; what nosuchpackage may bring is not known here")


@pytest.mark.parametrize(("python", "has"), [("3.12", True), ("3.13", False)])
def test_the_standard_library_is_that_of_the_image(python: str, has: bool) -> None:
    assert Image("x", {"python": python}).has("cgi") is has


def test_of_a_shared_namespace_only_known_parts_are_told() -> None:
    image = Image("x", {"requirements": ["google-cloud-storage"]})
    assert image.has("google.cloud.storage")
    assert not image.has("google.cloud.bigquery")
    assert image.has("google.something.new")


def test_the_environment_of_the_service_is_asked_without_importing_anything(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(environment, "_needed_by", lambda _: None)
    here = Here()
    assert [here.has(name) for name in ("yaml", "nosuchmodule", "google.cloud.storage")] == [True, False, False]


def test_the_table_of_names_agrees_with_what_is_installed() -> None:
    for module, distributions in packages_distributions().items():
        named = distributions_of(module)
        if module.isidentifier() and named and named[0] != normal(module):
            assert {normal(one) for one in distributions} & set(named), module


def test_every_image_has_the_modules_of_the_engine() -> None:
    image = Image("x", {})
    assert [name for name in sorted(ENGINE_MODULES) if not image.has(name)] == []
