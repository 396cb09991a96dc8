"""A matrix: its elements, its cells, and what those are called."""

import itertools
import random

import pytest

from fused_spec.spec.model import DesiredJob
from tests.unit.spec.language.projects import SmallProject, job, parameters

BOTH = '{a: "${matrix.a}", b: "${matrix.b}"}'


def cells(project: SmallProject, matrix: str, given: str = BOTH, **files: str) -> dict[str, dict[str, object]]:
    project.specs(a__yaml=job("t", top=f"matrix: {matrix}", parameters=given), **files)
    return {name: parameters(one) for name, one in project.desired().items()}


def test_there_is_a_cell_for_each_combination(project: SmallProject) -> None:
    assert cells(project, "{a: [1, 2], b: [x, y]}") == {
        "t-1-x": {"a": 1, "b": "x"},
        "t-1-y": {"a": 1, "b": "y"},
        "t-2-x": {"a": 2, "b": "x"},
        "t-2-y": {"a": 2, "b": "y"},
    }


def test_a_cell_knows_its_group_and_its_keys(project: SmallProject) -> None:
    cells(project, "{b: [x], a: [1, 2]}")
    one = project.desired()["t-1-x"]
    assert (one.group, dict(one.cell)) == ("t", {"a": "1", "b": "x"})


def test_names_do_not_depend_on_the_order_of_dimensions_and_elements(project: SmallProject) -> None:
    found = cells(project, "{a: [1, 2], b: [x, y]}")
    assert cells(project, "{b: [y, x], a: [2, 1]}") == found


@pytest.mark.parametrize("seed", range(5))
def test_an_element_more_changes_no_other_cell(project: SmallProject, seed: int) -> None:
    chance = random.Random(seed)
    elements = [f"e{number}" for number in range(6)]
    cells(project, f"{{a: {elements[:5]}, b: [x, y]}}".replace("'", ""))
    before = {name: one.digest for name, one in project.desired().items()}
    chance.shuffle(elements)
    cells(project, f"{{b: [y, x], a: {elements}}}".replace("'", ""))
    after = {name: one.digest for name, one in project.desired().items()}
    assert len(after) == 12
    assert {name: after[name] for name in before} == before


def test_excluded_combinations_are_left_out(project: SmallProject) -> None:
    assert sorted(cells(project, "{a: [1, 2], b: [x, y], exclude: [{a: 2, b: x}]}")) == ["t-1-x", "t-1-y", "t-2-y"]


def test_included_cells_come_besides(project: SmallProject) -> None:
    assert sorted(cells(project, "{a: [1], b: [x], include: [{a: 7, b: z}]}")) == ["t-1-x", "t-7-z"]


def test_set_gives_attributes_to_the_cells_that_it_names(project: SmallProject) -> None:
    given = '{a: "${matrix.a}", b: "${matrix.size}"}'
    matrix = "{a: [1, 2], set: [{where: {a: [1, 2]}, size: small}, {where: {a: 2}, size: large}]}"
    assert cells(project, matrix, given) == {"t-1": {"a": 1, "b": "small"}, "t-2": {"a": 2, "b": "large"}}


def test_cells_may_be_named_by_a_pattern(project: SmallProject) -> None:
    assert sorted(cells(project, '{a: [1, 2], b: [X Y], name: "${matrix.b}-of-${matrix.a}"}')) == [
        "x-y-of-1",
        "x-y-of-2",
    ]


def test_an_element_with_fields_is_known_by_its_key(project: SmallProject) -> None:
    matrix = "{a: [{key: ke, name: Kenya, n: 3}]}"
    assert cells(project, matrix, '{a: "${matrix.a.name}", b: "${matrix.a.n}", c: "x-${matrix.a}"}') == {
        "t-ke": {"a": "Kenya", "b": 3, "c": "x-ke"}
    }


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("list__csv", "iso,name,n\nKE,Kenya,3\nPE,Peru,4\n"),
        ("list__json", '[{"iso": "KE", "name": "Kenya", "n": 3}, {"iso": "PE", "name": "Peru", "n": 4}]'),
        ("list__yaml", "- {iso: KE, name: Kenya, n: 3}\n- {iso: PE, name: Peru, n: 4}\n"),
    ],
)
def test_elements_may_stand_in_a_file(project: SmallProject, name: str, content: str) -> None:
    matrix = f"{{c: {{file: ../lists/{name.replace('__', '.')}, key: iso}}}}"
    project.say(
        **{
            f"lists___{name}": content,
            "specs___a__yaml": job(
                "t", top=f"matrix: {matrix}", parameters='{a: "${matrix.c.name}", b: "${matrix.c.n}"}'
            ),
        }
    )
    assert {key: parameters(one) for key, one in project.desired().items()} == {
        "t-ke": {"a": "Kenya", "b": 3},
        "t-pe": {"a": "Peru", "b": 4},
    }


def test_elements_may_be_a_variable(project: SmallProject) -> None:
    variables = "variables:\n  regions: {type: list, default: [x, y]}\n"
    project.specs(variables, a__yaml=job("t", top='matrix: {a: "${var.regions}"}', parameters='{a: "${matrix.a}"}'))
    assert sorted(project.desired()) == ["t-x", "t-y"]


def test_a_range_goes_up_to_what_is_complete(project: SmallProject) -> None:
    matrix = "{m: {from: 2026-08, through: last-complete}}"
    assert sorted(cells(project, matrix, '{a: "${matrix.m}"}')) == ["t-2026-08", "t-2026-09", "t-2026-10"]


def test_a_label_alone_is_its_key_and_has_parts(project: SmallProject) -> None:
    given = '{a: "${matrix.m}", b: "${matrix.m.days}", c: "${matrix.m.end}"}'
    assert cells(project, "{m: {from: 2024-02, through: 2024-02}}", given) == {
        "t-2024-02": {"a": "2024-02", "b": 29, "c": "2024-03-01"}
    }


def test_an_empty_matrix_is_no_job_and_a_note(project: SmallProject) -> None:
    assert cells(project, "{m: {from: 2024, until: 2024}}", '{a: "${matrix.m}"}') == {}
    assert [(one.code, str(one.severity)) for one in project.problems()] == [("empty-matrix", "note")]


@pytest.mark.parametrize(
    ("matrix", "code", "message"),
    [
        ("{a: {}, b: [x]}", "bad-dimension", '"a" has no elements'),
        ("{a: [DE, de], b: [x]}", "double-key", 'two elements of "a" have the key de (the other at specs/a.yaml:5:14)'),
        ("{a: {from: 2024-01, through: 2024-01-31}, b: [x]}", "bad-range", "from is a month and through a day"),
        ("{a: {from: 2024-02-30, through: 2024-03-01}, b: [x]}", "no-such-label", "February 2024 has 29 days"),
        ("{a: [1], b: [x], exclude: [{a: 9}]}", "excludes-nothing", "excludes nothing: a is 1"),
        ("{a: [1], b: [x], exclude: [{aa: 1}]}", "no-such-dimension", 'the matrix has no dimension "aa"'),
        (
            "{a: [1], b: [x], include: [{a: 2}]}",
            "bad-matrix",
            'an included cell names every dimension and nothing else; "b" is missing',
        ),
        ("{a: [1], b: [x], include: [{a: 1, b: x}]}", "bad-matrix", "there is this cell already: a 1, b x"),
        (
            "{a: [1, 2], b: [x], name: 't-${matrix.b}'}",
            "name-without-dimension",
            '2 cells would share names: the name does not use "a"',
        ),
        ("{a: [[1]], b: [x]}", "bad-element", 'an element of "a" is text, a number, or a mapping with a key, not [1]'),
        ("{a: [{n: 1}], b: [x]}", "bad-element", 'an element of "a" has no "key"'),
        ("{a: ['!'], b: [x]}", "bad-element", 'no name can be made of "!"'),
        ("[a, b]", "bad-matrix", "a matrix is a mapping of dimensions"),
        ("{exclude: []}", "bad-matrix", "a matrix without a dimension"),
        ("{a: {file: nowhere.csv}, b: [x]}", "no-such-file", "nowhere.csv does not exist"),
    ],
)
def test_what_is_wrong_with_a_matrix_is_told(project: SmallProject, matrix: str, code: str, message: str) -> None:
    project.specs(a__yaml=job("t", top=f"matrix: {matrix}", parameters=BOTH))
    assert (code, message) in [(one.code, one.message) for one in project.problems()]


def test_too_many_cells_are_told_before_any_is_made(project: SmallProject) -> None:
    numbers = f"{list(range(400))}"
    project.specs(a__yaml=job("t", top=f"matrix: {{a: {numbers}, b: {numbers}, c: {numbers}}}", parameters=BOTH))
    problem = project.problem()
    assert problem.message == "64,000,000 cells of one document, and 1,000 are the most"


def test_a_project_may_raise_the_limit(project: SmallProject) -> None:
    numbers = f"{list(range(1500))}"
    project.specs(
        "limits: {matrix: 2000}\n", a__yaml=job("t", top=f"matrix: {{a: {numbers}}}", parameters='{a: "${matrix.a}"}')
    )
    assert len(project.desired()) == 1500


def test_a_dimension_that_no_field_uses_is_a_warning(project: SmallProject) -> None:
    project.specs(a__yaml=job("t", top="matrix: {a: [1, 2], b: [x, y]}", parameters='{a: "${matrix.a}"}'))
    problem = project.problem()
    assert (problem.code, problem.is_error) == ("unused-dimension", False)


def test_what_is_wrong_with_all_cells_is_told_once(project: SmallProject) -> None:
    project.specs(a__yaml=job("t", top="matrix: {a: [1, 2], b: [x, y]}", parameters=BOTH, spec="disk_size_gb: 5000"))
    assert project.problem().message == '"disk_size_gb" cannot be 5000'


def test_what_is_wrong_with_some_cells_says_with_which(project: SmallProject) -> None:
    project.specs(a__yaml=job("t", top="matrix: {a: [1, 5000]}", parameters="{}", spec='disk_size_gb: "${matrix.a}"'))
    assert "(in t-5000)" in project.problem().message


def job_of(project: SmallProject, name: str) -> DesiredJob:
    found = project.desired()[name]
    assert isinstance(found, DesiredJob)
    return found


TILES = job("tiles", top="matrix: {m: [1, 2], r: [x, y]}", parameters='{a: "${matrix.m}", b: "${matrix.r}"}').replace(
    "spec:\n", 'spec:\n  output: "fd://t/${matrix.m}/${matrix.r}/"\n', 1
)


@pytest.mark.parametrize(
    ("needs", "names"),
    [
        ("[tiles]", ["tiles-1-x", "tiles-1-y", "tiles-2-x", "tiles-2-y"]),
        ("[{job: tiles, where: {r: x}}]", ["tiles-1-x", "tiles-2-x"]),
        ("[{job: tiles, where: {m: [1, 2], r: y}}]", ["tiles-1-y", "tiles-2-y"]),
        ("[{job: tiles, same: [m]}]", ["tiles-1-x", "tiles-1-y"]),
        ("[{job: tiles, same: [m], where: {r: y}}]", ["tiles-1-y"]),
        ("[tiles-2-x]", ["tiles-2-x"]),
    ],
)
def test_a_need_may_name_all_cells_or_some(project: SmallProject, needs: str, names: list[str]) -> None:
    mosaic = job("mosaic", top="matrix: {m: [1, 2]}", parameters='{a: "${matrix.m}"}', spec=f"needs: {needs}")
    project.specs(a__yaml=mosaic, b__yaml=TILES)
    assert [key.name for key in job_of(project, "mosaic-1").needs] == names


def test_the_output_of_one_cell_is_an_address_and_of_several_a_list(project: SmallProject) -> None:
    given = "{a: {output_of: {job: tiles, where: {m: 1, r: y}}}, b: {output_of: {job: tiles, where: {m: 2}}}}"
    project.specs(a__yaml=job("read", parameters=given), b__yaml=TILES)
    assert parameters(job_of(project, "read")) == {"a": "fd://t/1/y/", "b": ["fd://t/2/x/", "fd://t/2/y/"]}


def test_the_outputs_of_a_group_in_a_list_are_so_many_items(project: SmallProject) -> None:
    report = (
        job("report").replace("}} }", "}}").replace("parameters: {}}}", "parameters: {}}, input: [{output_of: tiles}]}")
    )
    project.specs(a__yaml=report, b__yaml=TILES)
    step = job_of(project, "report").payload["config"]["steps"][0]
    assert step["input"] == ["fd://t/1/x/", "fd://t/1/y/", "fd://t/2/x/", "fd://t/2/y/"]


def test_what_a_job_says_it_writes_is_no_part_of_its_digest(project: SmallProject) -> None:
    project.specs(a__yaml=job())
    plain = project.desired()["tiles"].digest
    project.specs(a__yaml=job(spec="output: fd://t/"))
    assert project.desired()["tiles"].digest == plain


@pytest.mark.parametrize(
    ("spec", "code", "message"),
    [
        ("needs: [{job: tiles, same: [mm]}]", "no-such-dimension", 'tiles has no dimension "mm"'),
        ("needs: [{job: tiles, same: [r]}]", "no-such-dimension", 'same: this job has no dimension "r"'),
        ("needs: [{job: tiles, where: {m: 9}}]", "no-such-cell", "tiles has no such cell: tiles[m=9]"),
        ("needs: [{job: alone, where: {m: 9}}]", "no-matrix", '"alone" has no matrix'),
        ("needs: [tile]", "unknown-reference", 'no job is named "tile" in these specs'),
    ],
)
def test_what_is_wrong_with_a_need_is_told(project: SmallProject, spec: str, code: str, message: str) -> None:
    mosaic = job("mosaic", top="matrix: {m: [1, 2]}", parameters='{a: "${matrix.m}"}', spec=spec)
    project.specs(a__yaml=mosaic, b__yaml=TILES, c__yaml=job("alone"))
    assert [(one.code, one.message) for one in project.problems()] == [(code, message)]


def test_a_cell_may_need_another_of_its_own_group(project: SmallProject) -> None:
    project.specs(
        a__yaml=job("t", top="matrix: {m: [1]}", parameters='{a: "${matrix.m}"}'),
        b__yaml=job(
            "u", top="matrix: {m: [1, 2]}", parameters='{a: "${matrix.m}"}', spec="needs: [{job: t, where: {m: 1}}]"
        ),
    )
    assert [key.name for key in job_of(project, "u-2").needs] == ["t-1"]


def test_needs_that_go_in_a_circle_of_cells_are_told(project: SmallProject) -> None:
    project.specs(a__yaml=job("t", top="matrix: {m: [1, 2]}", parameters='{a: "${matrix.m}"}', spec="needs: [t]"))
    assert project.problem().code == "cycle"


def test_a_job_may_not_be_called_like_a_group(project: SmallProject) -> None:
    project.specs(a__yaml=TILES, b__yaml=job("tiles"))
    assert project.problem().code == "duplicate-name"


def test_every_kind_may_have_a_matrix(project: SmallProject) -> None:
    udf = (
        "apiVersion: fused-spec/v1\nkind: Udf\nmetadata: {name: u}\nmatrix: {a: [1, 2]}\n"
        'spec: {udf: {file: area.py, parameters: {a: "${matrix.a}"}}}\n'
    )
    token = (
        "apiVersion: fused-spec/v1\nkind: UdfAccessToken\nmetadata: {name: k}\nmatrix: {a: [1, 2]}\n"
        'spec: {udf: {ref: "u-${matrix.a}"}, sink: {file: ".secrets/${matrix.a}"}}\n'
    )
    project.specs(a__yaml=udf, b__yaml=token)
    assert sorted(project.desired()) == ["k-1", "k-2", "u-1", "u-2"]


def test_the_limit_counts_what_exclude_leaves(project: SmallProject) -> None:
    hundred = list(range(100))
    matrix = f"{{a: {hundred}, b: {hundred}, exclude: [{{b: {hundred[5:]}}}]}}"
    assert len(cells(project, matrix)) == 500


def test_a_product_of_a_billion_of_which_two_are_left_is_two_cells(project: SmallProject) -> None:
    thousand = list(range(1000))
    rest = thousand[1:]
    exclude = f"[{{a: {rest[1:]}}}, {{b: {rest}}}, {{c: {rest}}}]"
    matrix = f"{{a: {thousand}, b: {thousand}, c: {thousand}, exclude: {exclude}}}"
    given = '{a: "${matrix.a}", b: "${matrix.b}", c: "${matrix.c}"}'
    assert sorted(cells(project, matrix, given)) == ["t-0-0-0", "t-1-0-0"]


def test_what_is_too_many_after_exclude_is_told_with_that_number(project: SmallProject) -> None:
    hundred = list(range(100))
    matrix = f"{{a: {hundred}, b: {hundred}, exclude: [{{a: 0}}], include: [{{a: 0, b: x}}]}}"
    project.specs(a__yaml=job("t", top=f"matrix: {matrix}", parameters=BOTH))
    assert project.problem().message == "9,901 cells of one document, and 1,000 are the most"


def test_an_exclude_that_takes_too_long_to_count_is_told_with_the_product(project: SmallProject) -> None:
    bits = "".join(f"d{index}: [0, 1], " for index in range(40))
    pairs = ", ".join(f"{{d{one}: 1, d{other}: 1}}" for one, other in itertools.combinations(range(40), 2))
    project.specs(a__yaml=job("t", top=f"matrix: {{{bits}exclude: [{pairs}]}}"))
    message = "1,099,511,627,776 cells before exclude of one document, and 1,000 are the most"
    assert project.problem().message == message


def test_more_dimensions_than_a_name_has_characters_are_told(project: SmallProject) -> None:
    dimensions = ", ".join(f"d{index}: [1]" for index in range(2000))
    project.specs(a__yaml=job("t", top=f"matrix: {{{dimensions}}}"))
    assert project.problem().message == "2000 dimensions, each of which stands in names, and 63 are the most"


def test_a_project_has_ten_thousand_cells_at_most(project: SmallProject) -> None:
    numbers = list(range(4000))
    files = {
        f"{name}__yaml": job(name, top=f"matrix: {{a: {numbers[:size]}}}", parameters='{a: "${matrix.a}"}')
        for name, size in (("b", 3900), ("c", 4000), ("d", 2000), ("e", 1000), ("f", 5))
    }
    files["g__yaml"] = job("g", spec="needs: [c]")
    problem = project.specs("limits: {matrix: 5000}\n", **files).problem()
    assert (problem.code, str(problem.location)) == ("too-many-cells", "specs/c.yaml:5:9")
    assert problem.message == (
        "10,905 cells of this project, and 10,000 are the most: c has 4,000 (specs/c.yaml:5:9), b has 3,900 "
        "(specs/b.yaml:5:9), d has 2,000 (specs/d.yaml:5:9), 2 more have 1,005"
    )


@pytest.mark.thorough
def test_no_document_is_made_that_would_be_beyond_the_cells_of_a_project(project: SmallProject) -> None:
    numbers = list(range(5000))
    files = {f"{name}__yaml": job(name, top=f"matrix: {{a: {numbers}}}") for name in "bcdefghij"}
    project.specs("limits: {matrix: 5000}\n", **files)
    assert len(project.at().desired) <= 10_000


def test_what_differs_by_the_value_of_the_cell_alone_is_told_once(project: SmallProject) -> None:
    project.specs(a__yaml=job("t", top="matrix: {a: [v, w, x, y, z]}", spec='disk_size_gb: "${matrix.a}"'))
    message = project.problem().message
    assert message.startswith('"disk_size_gb" takes a whole number, not the text "v"; it is matrix.a (specs/a.yaml')
    assert message.endswith(" (in t-v, t-w, t-x and 2 more)")


def test_what_is_wrong_in_all_cells_alike_names_none(project: SmallProject) -> None:
    project.specs(a__yaml=job("t", top="matrix: {a: [1, 2]}", spec="disk_size_gb: x", parameters='{a: "${matrix.a}"}'))
    assert project.problem().message == '"disk_size_gb" takes a whole number, not the text "x"'


def test_what_is_wrong_in_two_fields_is_told_twice(project: SmallProject) -> None:
    spec = 'disk_size_gb: "${matrix.a}"\nrun: {retries: "${matrix.a}"}'
    project.specs(a__yaml=job("t", top="matrix: {a: [x, y]}", spec=spec))
    assert [one.pointer for one in project.problems()] == ["spec.disk_size_gb", "spec.run.retries"]
