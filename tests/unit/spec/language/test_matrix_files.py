"""Whatever is wrong with a file of elements is told where it stands there, or with that place where it is used."""

import pytest

from tests.unit.spec.language.projects import SmallProject, job

USER = """\
disk_size_gb: ${matrix.tile.disk}
region: '${matrix.tile.region}'
env: {A: '${matrix.tile.env}'}
"""
YAML_HEAD = "- {id: x, disk: 1, region: us-west-2, env: x}\n"
CSV_HEAD = "id,disk,region,env\nx,1,us-west-2,x\n"
JSON_HEAD = '[{"id": "x", "disk": 1, "region": "us-west-2", "env": "x"},\n'


def element(**said: str) -> str:
    """The second element of a YAML file, a field to a line."""
    fields = {"id": "y", "disk": "1", "region": "us-west-2", "env": "x", **said}
    return YAML_HEAD + "- " + "\n  ".join(f"{name}: {value}" for name, value in fields.items()) + "\n"


IN_YAML = {
    "twice": (element(disk="1\n  «disk: 2"), "duplicate-key"),
    "merge-key": (element(env="x\n  «<<: {a: b}"), "merge-key"),
    "alias": (element(env="«*x"), "alias"),
    "anchor": (element(env="«&x y"), "alias"),
    "tag": (element(env="«!!str x"), "tag"),
    "python": (element(env="«!!python/object/apply:os.system [x]"), "tag"),
    "quote": (element(env='«"x'), "yaml-syntax"),
    "tab": (element(env="\n«\t- x"), "yaml-syntax"),
    "colon": (element(env="a«: b"), "yaml-syntax"),
    "at": (element(env="«@x"), "yaml-syntax"),
    "bidi": (element(env="a«\u202eb"), "bad-character"),
    "escape-sequence": (element(env="a«\x1bb"), "bad-character"),
    "nul": (element(env='«"\\0"'), "bad-character"),
    "surrogate": (element(env='"«\\ud800"'), "yaml-syntax"),
    "boolean-key": (element(env="x\n  «true: b"), "key-not-text"),
    "infinity": (element(env="«.inf"), "not-finite"),
    "overflow": (element(disk="«1e400"), "not-finite"),
    "octal": (element(disk="«010"), "ambiguous-value"),
    "base-60": (element(env="«22:22"), "ambiguous-value"),
    "word": (element(env="«NO"), "ambiguous-value"),
    "digits": (element(env="«" + "9" * 5000), "number-too-large"),
    "beyond-double": (element(disk="«9007199254740993"), "number-too-large"),
    "same-key": (YAML_HEAD + "- «{id: x, disk: 1, region: us-west-2, env: x}\n", "double-key"),
    "key-null": (YAML_HEAD + "- «{id: null, disk: 1, region: us-west-2, env: x}\n", "bad-element"),
    "key-list": (YAML_HEAD + "- «{id: [a], disk: 1, region: us-west-2, env: x}\n", "bad-element"),
    "no-key": (YAML_HEAD + "- «{disk: 1}\n", "bad-element"),
}
IN_CSV = {
    "short": (CSV_HEAD + "y,«1\n", "bad-elements"),
    "long": (CSV_HEAD + "y,1,us-west-2,x,«z\n", "bad-elements"),
    "quote": (CSV_HEAD + '«y,1,us-west-2,"x\n', "bad-elements"),
    "same-key": (CSV_HEAD + "«x,1,us-west-2,x\n", "double-key"),
    "no-key": (CSV_HEAD + "«,1,us-west-2,x\n", "bad-element"),
    "secret": (CSV_HEAD + "«y,1,us-west-2,AKIAIOSFODNN7EXAMPLE\n", "secret"),
    "bidi": (CSV_HEAD + "y,1,us-west-2,a«\u202eb\n", "bad-character"),
    "nul": (CSV_HEAD + "y,1,us-west-2,a«\0b\n", "bad-character"),
    "twice": ("id,«id\nx,y\n", "bad-elements"),
    "semicolon": ("«id;disk;region;env\nx;1;us-west-2;x\n", "bad-elements"),
    "key-of-another-name": ("idd,disk\n«x,1\n", "bad-element"),
}
IN_JSON = {
    "nan": (JSON_HEAD + ' {"id": "y", "disk": «NaN}]', "not-finite"),
    "comma": (JSON_HEAD + ' {"id": "y" «"disk": 1}]', "bad-elements"),
    "beyond-double": (JSON_HEAD + ' {"id": "y", "disk": «9007199254740993}]', "number-too-large"),
    "overflow": (JSON_HEAD + ' {"id": "y", "disk": «1e400}]', "not-finite"),
    "surrogate": (JSON_HEAD + ' «{"id": "y", "env": "\\ud800"}]', "bad-character"),
    "bidi": (JSON_HEAD + ' {"id": "y", "env": "a«\u202eb"}]', "bad-character"),
    "twice": (JSON_HEAD + ' «{"id": "y", "disk": 1, "disk": 2}]', "duplicate-key"),
    "deep": (JSON_HEAD + " «" + "[" * 10_000, "too-deep"),
    "mapping": ("«{}", "bad-elements"),
}
CASES = [
    pytest.param(ending, *case, id=f"{ending}-{name}")
    for ending, cases in (("yaml", IN_YAML), ("csv", IN_CSV), ("json", IN_JSON))
    for name, case in cases.items()
]


def told(project: SmallProject, ending: str, content: str) -> list[tuple[str, str, str]]:
    """What is told of a job whose matrix is in a file of this content, without the mark in it."""
    tiles = job(top=f"matrix: {{tile: {{file: ../lists/tiles.{ending}, key: id}}}}", spec=USER)
    project.specs(a__yaml=tiles)
    (project.folder / "lists").mkdir()
    (project.folder / f"lists/tiles.{ending}").write_text(content.replace("«", ""), encoding="utf-8", newline="")
    return project.told()


@pytest.mark.parametrize(("ending", "content", "code"), CASES)
def test_a_fault_is_told_where_it_stands_in_the_file(
    project: SmallProject, ending: str, content: str, code: str
) -> None:
    before = content[: content.index("«")]
    place = f"lists/tiles.{ending}:{before.count(chr(10)) + 1}:{len(before) - before.rfind(chr(10))}"
    assert [(found, at) for found, at, _ in told(project, ending, content)] == [(code, place)]


@pytest.mark.parametrize(
    ("said", "code", "place"),
    [
        ({"disk": "big"}, "name-of-another-type", "specs/a.yaml:7:17"),
        ({"disk": '"5"'}, "name-of-another-type", "specs/a.yaml:7:17"),
        ({"disk": "0"}, "out-of-range", "specs/a.yaml:7:17"),
        ({"disk": "1.5"}, "name-of-another-type", "specs/a.yaml:7:17"),
        ({"region": "us-west-2a"}, "bad-format", "specs/a.yaml:8:11"),
        ({"env": '"a\\nb"'}, "bad-format", "specs/a.yaml:9:12"),
        ({"env": "[a]"}, "name-of-another-type", "specs/a.yaml:9:12"),
    ],
)
def test_a_value_that_does_not_fit_is_told_where_it_is_used_and_where_it_comes_from(
    project: SmallProject, said: dict[str, str], code: str, place: str
) -> None:
    [(found, at, message)] = told(project, "yaml", element(**said))
    assert (found, at) == (code, place)
    assert "it is matrix.tile (lists/tiles.yaml:2:3) (in tiles-y)" in message


def test_a_field_that_an_element_lacks_is_told_where_it_is_used(project: SmallProject) -> None:
    [only] = told(project, "yaml", element().replace("  env: x\n", ""))
    assert only == ("no-such-name", "specs/a.yaml:9:12", 'matrix.tile has no field "env"')


@pytest.mark.parametrize("said", ["010", "1_000", "22:22", ".inf", "1e400", "9007199254740993", "{key: a, k: NO}"])
def test_what_nobody_can_be_sure_of_is_no_element(project: SmallProject, said: str) -> None:
    project.specs(a__yaml=job(top=f"matrix: {{land: [fr, {said}]}}", parameters='{a: "${matrix.land}"}'))
    [(code, place, _)] = project.told()
    assert code in ("ambiguous-value", "not-finite", "number-too-large")
    assert place == f"specs/a.yaml:5:{33 if 'NO' in said else 21}"


def test_norway_is_an_element(project: SmallProject) -> None:
    """Where a truth can be none, `NO` is the text that it is in YAML 1.2."""
    project.specs(a__yaml=job(top="matrix: {land: [NO, DE]}", parameters='{a: "${matrix.land}"}'))
    assert sorted(project.desired()) == ["tiles-de", "tiles-no"]
    (project.folder / "lands.yaml").write_text("- {iso: NO, name: Norge}\n- {iso: DE, name: Deutschland}\n")
    top = "matrix: {land: {file: ../lands.yaml, key: iso}}"
    (project.folder / "specs/a.yaml").write_text(job(top=top, parameters='{a: "${matrix.land.iso}"}'))
    assert sorted(project.desired()) == ["tiles-de", "tiles-no"]
