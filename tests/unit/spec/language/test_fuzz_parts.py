"""Whatever stands in one part of a project: it is resolved or told, and an order that says nothing changes nothing."""

import json
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.depth import examples
from tests.unit.spec.language.projects import SmallProject, fragment, job

WORDS = [
    *("month", "land", "file", "key", "from", "through", "until", "step", "include", "exclude", "set", "where", "name"),
    *("2024-01", "2024-02-30", "last-complete", "de", "DE", "${var.v}", "${var.w[0]}", "${matrix.month}", "${"),
    *("lists.csv", "tiles-${matrix.month}", "hint", "", "é", "type", "default", "string", "list", "items", "$${x}"),
]
SCALARS = st.one_of(st.none(), st.booleans(), st.integers(-5, 2**54), st.floats(), st.sampled_from(WORDS))
TREES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(WORDS), inner, max_size=4),
    max_leaves=12,
)
MAPPINGS = st.dictionaries(st.sampled_from(WORDS), TREES, max_size=4)
ENDINGS = st.sampled_from(["csv", "json", "yaml", "CSV", "parquet"])
VARIABLES = "variables:\n  v: {type: string, default: a}\n  w: {type: list, default: [a, b]}\n"


def is_resolved_or_told(project: str = "", **files: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        resolution = SmallProject(Path(folder)).specs(project, **files).at()
        assert resolution.desired or resolution.diagnostics
        assert all(one.message and one.location.line >= 1 for one in resolution.diagnostics)


@examples(300)
@given(MAPPINGS)
def test_any_matrix_is_resolved_or_told(matrix: dict[str, Any]) -> None:
    is_resolved_or_told(VARIABLES, a__yaml=job(top=f"matrix: {json.dumps(matrix)}"), lists__csv="key\na\nb\n")


@examples(300)
@given(MAPPINGS)
def test_any_variables_are_resolved_or_told(variables: dict[str, Any]) -> None:
    said = json.dumps({**variables, "v": {"type": "string", "default": "a"}})
    is_resolved_or_told(f"variables: {said}\n", a__yaml=job(parameters='{a: "${var.v}"}'))


@examples(300)
@given(st.text(alphabet="${}.varwmtix[01] -:envéA", max_size=40))
def test_any_text_is_filled_in_or_told(text: str) -> None:
    is_resolved_or_told(VARIABLES, a__yaml=job(parameters=f"{{a: {json.dumps(text)}}}"))


@examples(300)
@given(ENDINGS, st.binary(max_size=80) | st.text(alphabet="id,key\n\r\"'ab{}[]:- 0.\\u", max_size=80).map(str.encode))
def test_any_file_of_elements_is_read_or_told(ending: str, content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        project = SmallProject(Path(folder)).specs(
            a__yaml=job(top=f"matrix: {{tile: {{file: ../tiles.{ending}, key: id}}}}")
        )
        (project.folder / f"tiles.{ending}").write_bytes(content)
        resolution = project.at()
        assert resolution.desired or resolution.diagnostics


INCLUDED = {"a": "region: {type: string, default: us-west-2}", "b": "word: {type: string, default: x}"}


@examples(40)
@given(
    files=st.permutations(["one", "two", "three"]),
    together=st.booleans(),
    includes=st.permutations(["a.yaml", "b.yaml"]),
    rows=st.permutations(["fr,1", "de,2", "it,3"]),
)
def test_neither_files_nor_includes_nor_rows_have_an_order(
    files: list[str], together: bool, includes: list[str], rows: list[str]
) -> None:
    tiles = job(
        top="use: [big]\nmatrix: {land: {file: lands.csv, key: iso}}",
        spec="region: ${var.region}",
        parameters='{a: "${matrix.land.iso}", b: "${matrix.land.rank}"}',
    )
    mosaic = job("mosaic", spec="needs: [tiles]\nenv: {A: '${var.word}'}")
    texts = [tiles, mosaic, fragment("big", "disk_size_gb: 9")]
    if together:
        specs = {"all__yaml": "---\n".join(texts[("one", "two", "three").index(name)] for name in files)}
    else:
        specs = {f"{name}__yaml": text for name, text in zip(files, texts, strict=True)}
    specs["lands__csv"] = "iso,rank\n" + "\n".join(rows) + "\n"
    with tempfile.TemporaryDirectory() as folder:
        project = SmallProject(Path(folder))
        for name, said in (
            ("a", "region: {type: string, default: us-west-2}"),
            ("b", "word: {type: string, default: x}"),
        ):
            text = f"apiVersion: fused-spec/v1\nvariables:\n  {said}\n"
            (project.folder / f"{name}.yaml").write_text(text, encoding="utf-8")
        desired = project.specs(f"include: [{', '.join(includes)}]\n", **specs).desired()
    digests = {name: one.digest for name, one in desired.items()}
    assert len(digests) == 4
    assert digests == _FIRST.setdefault("digests", digests)


_FIRST: dict[str, dict[str, str]] = {}
"""What the first order gave, which all others give too."""
