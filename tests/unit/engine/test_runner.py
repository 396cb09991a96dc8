"""Loading and calling the code of a UDF."""

import json
import traceback
from typing import Any

import pytest

from fused_spec.engine.calling.arguments import bind
from fused_spec.engine.udfs.runner import Scope, UdfNotLoadable, load_udf
from fused_spec.udfs.code_places import CodePlace, fingerprint
from fused_spec.wire import Header, Udf


def called(code: str, *element: Any, entrypoint: str = "udf", headers: list[Header] | None = None) -> Any:
    loaded = load_udf(Udf(entrypoint=entrypoint, code=code, headers=headers))
    return loaded.call(bind(loaded, *element))


@pytest.mark.parametrize(
    "decorator",
    ["@fused.udf", "@fused.udf()", "@fused.udf(name='x', cache_max_age='2h', engine='local')"],
)
def test_the_decorator_leaves_a_function(decorator: str) -> None:
    assert called(f"import fused\n{decorator}\ndef udf(x):\n    return x + 1\n", 1) == 2


def test_default_parameters_of_the_decorator_are_used() -> None:
    assert called("@fused.udf(default_parameters={'x': 5})\ndef udf(x):\n    return x\n") == 5


def test_the_whole_module_runs() -> None:
    assert (
        called("import math\ndef twice(x):\n    return 2 * x\ndef udf(x):\n    return twice(math.floor(x))\n", 1.5) == 2
    )


def test_another_function_can_be_the_entry() -> None:
    assert called("def main():\n    return 7\n", entrypoint="main") == 7


def test_a_coroutine_is_run_to_its_end() -> None:
    assert called("import asyncio\nasync def udf():\n    await asyncio.sleep(0)\n    return 7\n") == 7


def test_a_header_is_importable() -> None:
    header = Header(module_name="shared_code", source_code="def answer():\n    return 42\n")
    assert called("from shared_code import answer\ndef udf():\n    return answer()\n", headers=[header]) == 42


def test_headers_may_import_each_other_wherever_they_stand() -> None:
    headers = [
        Header(module_name="first", source_code="import second\nx = second.y + 1\n"),
        Header(module_name="second", source_code="y = 1\n"),
    ]
    assert called("def udf():\n    import first\n    return first.x\n", headers=headers) == 2


def test_a_header_is_a_module_of_its_udf_alone() -> None:
    called("import of_one_alone\ndef udf(): pass\n", headers=[Header(module_name="of_one_alone", source_code="")])
    with pytest.raises(ModuleNotFoundError):
        called("import of_one_alone\ndef udf(): pass\n")


def test_a_header_that_nobody_imports_is_not_run() -> None:
    assert called("def udf():\n    return 1\n", headers=[Header(module_name="bad", source_code="1 / 0")]) == 1


def test_a_udf_may_be_named_as_a_module_is() -> None:
    load_udf(Udf(name="json", entrypoint="udf", code="def udf(): pass\n"))
    assert json.loads("1") == 1


def test_annotations_of_a_dataclass_in_the_code_may_be_text() -> None:
    code = "from dataclasses import dataclass\n@dataclass\nclass A:\n    x: 'int'\ndef udf():\n    return A(3).x\n"
    assert called(code) == 3


def test_code_without_the_entry_says_what_it_defines() -> None:
    with pytest.raises(UdfNotLoadable, match="the code defines no function udf; it defines main"):
        load_udf(Udf(entrypoint="udf", code="def main(): pass\n"))


def test_code_that_does_not_parse_says_where() -> None:
    with pytest.raises(SyntaxError) as caught:
        load_udf(Udf(name="areas", entrypoint="udf", code="def udf(:\n"))
    assert (caught.value.filename, caught.value.lineno) == ("<udf areas>", 1)


def placed(code: str, place: CodePlace) -> Scope:
    return Scope(places={fingerprint(code): place})


def frames_of(code: str, place: CodePlace) -> list[tuple[str, int | None, str | None]]:
    """File, line and text of the frames of a failing call, from the UDF's own on."""
    loaded = load_udf(Udf(entrypoint="udf", code=code), placed(code, place))
    with pytest.raises(ZeroDivisionError) as caught:
        loaded.call(bind(loaded))
    found = traceback.extract_tb(caught.value.__traceback__)
    return [(one.filename, one.lineno, one.line) for one in found if one.filename == place.file]


def test_a_frame_names_the_file_of_the_project() -> None:
    code = "def udf():\n    return 1 / 0\n"
    assert frames_of(code, CodePlace("udfs/area.py")) == [("udfs/area.py", 2, "return 1 / 0")]


def test_a_frame_of_code_within_a_spec_names_the_line_of_the_spec() -> None:
    code = "def udf():\n    return 2 / 0\n"
    assert frames_of(code, CodePlace("specs/a.yaml", 12)) == [("specs/a.yaml", 13, "return 2 / 0")]


def test_lines_of_another_code_in_the_same_file_stay_as_they_are() -> None:
    later = "def udf():\n    return 3 / 0\n"
    frames_of(later, CodePlace("specs/b.yaml", 30))
    assert frames_of("def udf():\n    return 4 / 0\n", CodePlace("specs/b.yaml", 2))[0][1:] == (3, "return 4 / 0")
    assert frames_of(later, CodePlace("specs/b.yaml", 30))[0][1:] == (31, "return 3 / 0")


def test_code_that_does_not_parse_says_where_in_the_file_of_the_project() -> None:
    code = "def udf(:\n"
    with pytest.raises(SyntaxError) as caught:
        load_udf(Udf(name="areas", entrypoint="udf", code=code), placed(code, CodePlace("specs/a.yaml", 9)))
    assert (caught.value.filename, caught.value.lineno) == ("specs/a.yaml", 9)
