"""`fused.load` and its siblings within a job: who is found, from where, and what cannot be."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fused_spec.engine.udfs.loading import NotLoadable, install
from fused_spec.engine.udfs.provided import Provided, read_provided
from fused_spec.engine.udfs.runner import load_udf
from fused_spec.errors import FusedSpecError
from fused_spec.messages.secret_forms import forms
from fused_spec.udfs.bundle import Bundled, as_headers
from fused_spec.udfs.folder import UdfText
from fused_spec.udfs.gitrefs import Repositories
from fused_spec.wire import Header, Udf
from tests.repositories import commit_files

WEB = "https://github.com/geo/udfs"
ENTRY = "@fused.udf\ndef udf(**given):\n    "

DIVISION = "integer division or modulo by zero"

Called = Callable[..., Any]


@pytest.fixture(autouse=True)
def stand_in(monkeypatch: pytest.MonkeyPatch) -> None:
    """A `fused` of this test's own."""
    monkeypatch.delitem(sys.modules, "fused", raising=False)
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)


def called(code: str, neighbours: dict[str, str | UdfText] | None = None, **provided: Any) -> Any:
    """What a UDF with this code returns, when these travel with it."""
    texts = {
        name: UdfText(name=name, code=text) if isinstance(text, str) else text
        for name, text in (neighbours or {}).items()
    }
    headers = [Header(**one) for one in as_headers(Bundled(place=at, text=text) for at, text in texts.items())]
    udf = Udf(entrypoint="udf", code=code, headers=headers)
    loaded = load_udf(udf, install(Provided(**provided), udf))
    return loaded.call({})


def saved(**codes: str) -> dict[str, dict[str, str]]:
    """UDFs saved in the default collection."""
    return {
        "default": {name: Udf(name=name, entrypoint="udf", code=code).model_dump_json() for name, code in codes.items()}
    }


def test_a_neighbour_is_loaded_by_its_name_and_called() -> None:
    neighbour = "@fused.udf\ndef udf(n: int, m: int = 2):\n    return n * m\n"
    assert called(f"{ENTRY}return fused.load('double')(4)", {"double": neighbour}) == 8


def test_what_its_module_defines_is_there_under_its_name_and_under_utils() -> None:
    code = f"{ENTRY}c = fused.load('common'); return c.half(4) + c.utils.half(8)"
    assert called(code, {"common": "def half(n):\n    return n / 2\n"}) == 6


def test_the_older_way_to_say_it_loads_as_well() -> None:
    assert called(f"{ENTRY}return fused.utils.common.half(4)", {"common": "def half(n):\n    return n / 2\n"}) == 2


def test_a_neighbour_has_its_own_entry_parameters_and_headers() -> None:
    text = UdfText(
        name="area",
        code="import utils\ndef main(n, m):\n    return utils.add(n, m)\n",
        entrypoint="main",
        parameters={"m": 5},
        headers={"utils": "def add(a, b):\n    return a + b\n"},
    )
    assert called(f"{ENTRY}return fused.load('area')(n=1)", {"area": text}) == 6


def test_two_udfs_may_each_have_their_utils() -> None:
    def one(number: int) -> UdfText:
        code = "@fused.udf\ndef udf():\n    import utils\n    return utils.n\n"
        return UdfText(name="x", code=code, headers={"utils": f"n = {number}\n"})

    code = f"{ENTRY}a, b = fused.load('a'), fused.load('b'); return [a(), b(), a()]"
    assert called(code, {"a": one(1), "b": one(2)}) == [1, 2, 1]


def test_a_loaded_function_still_loads_from_where_it_stands(tmp_path: Path) -> None:
    commit = commit_files(
        tmp_path / "clone", {"lib/c.py": "def f():\n    return fused.load('d').n\n", "lib/d.py": "n = 3"}
    )
    repositories = Repositories(cache=tmp_path / "cache", clones={WEB: tmp_path / "clone"})
    code = f"{ENTRY}return fused.load('{WEB}/tree/{commit}/lib/c').f()"
    assert called(code, repositories=repositories) == 3


def test_a_thread_of_the_udf_loads_as_the_udf_does() -> None:
    code = (
        f"{ENTRY}from concurrent.futures import ThreadPoolExecutor\n"
        "    with ThreadPoolExecutor(1) as pool:\n"
        "        return [pool.submit(fused.load, 'c').result().n, pool.submit(lambda: fused.load('c').n).result()]\n"
    )
    assert called(code, {"c": "n = 7"}) == [7, 7]


def test_a_reference_that_travels_along_needs_no_git() -> None:
    commit = "1" * 40
    text = {f"git+{WEB}@{commit}:lib/c": "n = 4", f"git+{WEB}@{commit}:lib/d": "m = 5"}
    code = f"{ENTRY}return fused.load('{WEB}/tree/{commit}/lib/c/').n"
    assert called(code, text) == 4


def test_a_saved_udf_is_loaded_by_name_behind_a_team_and_by_token() -> None:
    code = f"{ENTRY}return [fused.load(name)() for name in ('one', 'team/one', 'me@example.com/one', 'fsh_abc')]"
    one = saved(one=f"{ENTRY}return 1")
    assert called(code, saved=one, tokens={"fsh_abc": ["default", "one"]}) == [1, 1, 1, 1]


def test_a_saved_udf_is_loaded_from_the_collection_that_is_named_else_from_that_of_the_one_that_asks() -> None:
    collections = {
        **saved(one=f"{ENTRY}return 1", maps=f"{ENTRY}return fused.load('one')()"),
        "maps": saved(one=f"{ENTRY}return 2", two=f"{ENTRY}return fused.load('one')()")["default"],
    }
    code = (
        f"{ENTRY}return [fused.load('one')(), fused.load('one', collection_name='maps')(), "
        "fused.load('team/two', collection_name='maps')(), fused.load('maps')()]"
    )
    assert called(code, saved=collections) == [1, 2, 2, 1]


def test_a_udf_of_one_collection_does_not_find_those_of_another() -> None:
    with pytest.raises(NotLoadable, match="finds nothing here"):
        called(f"{ENTRY}return fused.load('one')()", saved={"maps": saved(one=f"{ENTRY}return 1")["default"]})


def test_a_saved_udf_brings_its_own_neighbours() -> None:
    neighbour = Bundled(place="deep", text=UdfText(name="deep", code="n = 8"))
    headers = [Header(**one) for one in as_headers([neighbour])]
    body = Udf(name="one", entrypoint="udf", code=f"{ENTRY}return fused.load('deep').n", headers=headers)
    assert called(f"{ENTRY}return fused.load('one')()", saved={"default": {"one": body.model_dump_json()}}) == 8


def test_a_udf_on_this_machine_is_loaded_by_its_path_with_its_neighbours(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("n = fused.load('b').n\n")
    (tmp_path / "b.py").write_text("n = 6\n")
    assert called(f"{ENTRY}return fused.load('{tmp_path}/a.py').n") == 6


def test_run_calls_by_name_and_leaves_the_words_that_choose_a_machine() -> None:
    code = f"{ENTRY}return fused.run('twice', n='4', engine='remote', instance_type='small', cache_max_age='1d')"
    assert called(code, {"twice": "@fused.udf\ndef udf(n: int):\n    return 2 * n\n"}) == 8


def test_run_of_a_tile_gives_its_bounds() -> None:
    code = f"{ENTRY}return fused.run('extent', x=0, y=0, z=0)"
    bounds = called(code, {"extent": "@fused.udf\ndef udf(bounds: fused.types.Bounds):\n    return bounds\n"})
    assert [bounds[0], bounds[2]] == [-180, 180]


def test_submit_gathers_the_results_in_one_frame() -> None:
    neighbour = "import pandas as pd\n@fused.udf\ndef udf(n: int):\n    return pd.DataFrame({'twice': [2 * n]})\n"
    frame = called(f"{ENTRY}return fused.submit('twice', [{{'n': 1}}, {{'n': 2}}])", {"twice": neighbour})
    assert isinstance(frame, pd.DataFrame)
    assert frame["twice"].tolist() == [2, 4]


def test_keywords_of_submit_are_arguments_of_every_call() -> None:
    code = f"@fused.udf\ndef part(n: int, path: str):\n    return path * n\n\n{ENTRY}"
    code += "return fused.submit(part, [1, 2], path='a', engine='local', max_retry=0, collect=False).results()"
    assert called(code) == ["a", "aa"]


@pytest.mark.parametrize(
    ("options", "labels"),
    [("", [(1, 0), (2, 0)]), (", drop_index=True", [(0, 0), (1, 0)]), (", flatten=False", [1, 2])],
)
def test_the_index_of_gathered_results_says_whose_they_are(options: str, labels: list[Any]) -> None:
    code = "import pandas as pd\n@fused.udf\ndef part(n: int):\n    return pd.DataFrame({'n': [n]})\n\n"
    frame = called(f"{code}{ENTRY}return fused.submit(part, [{{'n': 1}}, {{'n': 2}}]{options})")
    assert frame.index.tolist() == labels


def test_lists_as_arguments_label_the_results_as_text() -> None:
    code = f"@fused.udf\ndef part(bounds: list):\n    return bounds[0]\n\n{ENTRY}"
    frame = called(f"{code}return fused.submit(part, [[1, 2], [3, 4]])")
    assert frame["result"].to_dict() == {"[1, 2]": 1, "[3, 4]": 3}


def test_a_trial_of_the_first_element_needs_one() -> None:
    code = f"@fused.udf\ndef part(n: int):\n    return n\n\n{ENTRY}"
    with pytest.raises(ValueError, match="debug_mode calls the UDF for the first element, but there is none"):
        called(f"{code}return fused.submit(part, [], debug_mode=True)")


POOL = "@fused.udf\ndef part(n: int):\n    return 6 // n\n\n" + ENTRY + "pool = part.map([3, 0, 2]); pool.wait(); "


@pytest.mark.parametrize(
    ("asked", "answer"),
    [
        ("pool.status().to_dict()", {"success": 2, "error": 1}),
        ("pool.success()", {0: 2, 2: 3}),
        ("pool.results_now(return_exceptions=True).keys()", {0, 1, 2}),
        ("[pool.any_succeeded(), pool.all_succeeded(), pool.any_failed(), pool.done()]", [True, False, True, True]),
        ("[str(pool.first_error()), [str(error) for error in pool.errors().values()]]", [DIVISION, [DIVISION]]),
        ("pool.arg_df()[0].tolist()", [3, 0, 2]),
        ("[time is None for time in pool.times()]", [False] * 3),
        ("pool.total_time() >= max(pool.times())", True),
        ("[pool[1].status(), pool[2].result(), len(pool), pool.n_jobs]", ["error", 3, 3, 3]),
        ("[pool.pending(), pool.running(), pool.cancelled()]", [{}, {}, {}]),
        ("pool.collect(ignore_exceptions=True)['result'].tolist()", [2, 3]),
    ],
)
def test_calls_side_by_side_are_asked_as_those_of_the_published_client(asked: str, answer: Any) -> None:
    assert called(f"{POOL}return {asked}") == answer


def test_calls_that_failed_are_made_again_on_demand() -> None:
    code = "tries = []\n@fused.udf\ndef part(n: int):\n    tries.append(n)\n    return 6 // (len(tries) - 1)\n\n"
    code += f"{ENTRY}pool = part.map([1]); pool.wait(); pool.retry(); return pool.results()"
    assert called(code) == [6]


def test_a_coroutine_may_run_a_udf_that_is_one() -> None:
    code = "@fused.udf\nasync def part(n: int):\n    return n + 1\n\n@fused.udf\nasync def udf():\n"
    code += (
        "    return [fused.run(part, n=1), await fused.run(part, n=2, sync=False), await fused.run_async(part, n=3)]"
    )
    assert called(code) == [2, 3, 4]


def test_a_udf_is_loaded_later_on_demand() -> None:
    code = "@fused.udf\nasync def udf():\n    return (await fused.load_async('twice'))(n=2)\n"
    assert called(code, {"twice": "@fused.udf\ndef udf(n: int):\n    return 2 * n\n"}) == 4


def test_a_parameter_named_like_a_tile_s_number_is_one_when_the_others_are_missing() -> None:
    assert called(f"{ENTRY}return fused.run('one', x=3)", {"one": "@fused.udf\ndef udf(x: int):\n    return x\n"}) == 3


def test_a_second_udf_of_the_file_is_mapped_over_a_list() -> None:
    code = f"@fused.udf\ndef part(n: int):\n    return n + 1\n\n{ENTRY}return part.map([1, 2]).results()"
    assert called(code) == [2, 3]


def test_an_unknown_keyword_is_refused_as_a_call_refuses_it() -> None:
    with pytest.raises(TypeError, match="udf takes no parameter m"):
        called(f"{ENTRY}return fused.load('a')(m=1)", {"a": "@fused.udf\ndef udf(n=1):\n    return n\n"})


def test_what_is_nowhere_says_where_it_was_looked_for() -> None:
    with pytest.raises(NotLoadable, match=r"fused.load\('nothing'\) finds nothing here"):
        called(f"{ENTRY}return fused.load('nothing')")


@pytest.mark.parametrize("reference", ["https://repository.invalid/a", "git+https://repository.invalid/a/b@main:c"])
def test_what_would_need_the_network_says_so_before_git_tries(reference: str, tmp_path: Path) -> None:
    with pytest.raises(FusedSpecError, match=r"finds nothing here|cannot be reached"):
        called(f"{ENTRY}return fused.load('{reference}')", repositories=Repositories(cache=tmp_path))


def test_secrets_are_read_by_key_and_never_shown() -> None:
    code = (
        f"{ENTRY}s = fused.secrets; return [s['KEY'], s.KEY, s.get('NO', 'x'), hasattr(s, 'NO'), 'KEY' in s, repr(s)]"
    )
    assert called(code, secrets={"KEY": "value"}) == ["value", "value", "x", False, True, "Secrets(['KEY'])"]


def test_a_secret_that_is_not_set_names_those_that_are() -> None:
    with pytest.raises(KeyError, match="no secret OTHER; it has KEY"):
        called(f"{ENTRY}return fused.secrets['OTHER']", secrets={"KEY": "value"})


def test_the_mask_takes_secrets_out_line_by_line() -> None:
    mask = Provided(secrets={"PEM": "-----first line-----\nsecond line of it\n", "EMPTY": ""}).mask()
    assert mask is not None
    assert mask("a second line of it b") == "a *** b"


def test_a_secret_with_a_line_end_is_masked_without_it() -> None:
    mask = Provided(secrets={"KEY": "correct-horse\n"}).mask()
    assert mask is not None
    assert mask("a correct-horse b") == "a *** b"


@pytest.mark.parametrize("write", [json.dumps, repr, quote, lambda value: '"' + value.replace('"', '""') + '"'])
def test_a_secret_is_found_in_a_result_however_it_is_written(write) -> None:
    value = 'correct "horse"\nbattery/staple'
    assert Provided(secrets={"KEY": value}).secret_in(f"a,{write(value)}".encode()) == "KEY"


@given(st.text(min_size=8).filter(lambda value: len(value.strip()) >= 8))
def test_every_form_of_a_secret_is_found(value: str) -> None:
    provided = Provided(secrets={"KEY": value})
    assert {provided.secret_in(form.encode()) for form in forms(value)} == {"KEY"}


def test_a_result_without_a_secret_holds_none() -> None:
    assert Provided(secrets={"KEY": "correct-horse", "SHORT": "a"}).secret_in(b"a horse") is None


def test_without_secrets_nothing_is_masked() -> None:
    assert Provided().mask() is None


def test_what_the_service_has_not_written_yet_is_empty(tmp_path: Path) -> None:
    git = {"cache": str(tmp_path), "clones": {WEB: str(tmp_path)}}
    given = {"registry": str(tmp_path / "none"), "secrets": str(tmp_path / "none"), "git": git}
    provided = read_provided({"provided": given})
    assert (provided.saved, provided.secrets) == ({}, {})
    assert provided.repositories == Repositories(cache=tmp_path, clones={WEB: tmp_path})


def test_a_request_of_an_older_service_provides_nothing() -> None:
    assert read_provided({}) == Provided()


@pytest.mark.parametrize("host", ["a.example/b@main:c", "github.com/geo/udfs/tree/main/x", "a.example/b"])
@pytest.mark.parametrize("before", ["", "git+"])
def test_a_password_in_what_is_loaded_is_not_repeated(before: str, host: str, tmp_path: Path) -> None:
    repositories = Repositories(cache=tmp_path)
    with pytest.raises(FusedSpecError) as caught:
        called(f"{ENTRY}return fused.load('{before}https://me:hunter2@{host}')", repositories=repositories)
    assert "hunter2" not in f"{caught.value} {caught.value.hint}"


def test_the_home_of_nobody_holds_no_udf() -> None:
    with pytest.raises(NotLoadable):
        called(f"{ENTRY}return fused.load('~nobody-of-this-name/area')")
