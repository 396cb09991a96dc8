"""Whatever stands in a project and its specs: it is resolved or told, at every target, and it ends."""

import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from tests.depth import examples
from tests.unit.spec.language.projects import SmallProject, fragment, job

PROJECT = """\
variables:
  root: {type: string, default: "fd://x/${target.name}"}
  disk: {type: number, minimum: 1, default: 20}
  months: {type: list, items: {type: string}, default: [2024-01, 2024-02]}
  machine: {type: object, fields: {kind: {type: string}, env: {type: object, default: {A: x}}}}
defaults:
  Job: {metadata: {labels: {team: geo}}, spec: {disk_size_gb: "${var.disk}", env: {B: "${var.root}"}}}
  steps: {udf: {n_processes: 1, udf: {parameters: {b: 2}}}}
targets:
  dev:
    base_url: https://www.fused.io/server/v1
    scope: dev
    variables: {machine: {kind: m5.large}}
    overrides:
      - {match: Job/tiles, spec: {config: {steps: {render: {n_processes: 1}}}}}
      - {match: {job: tiles, matrix: {month: 2024-01}}, spec: {env: {B: null}}}
"""
TILES = job(
    top="use: [big]\nmatrix:\n  month: ${var.months}\n  land: {file: lands.csv, key: iso}\n"
    "  exclude: [{month: 2024-01, land: de}]\n  set: [{where: {land: fr}, hint: 3}]\n",
    metadata="targets: {except: [hosted]}",
    spec="instance_type: ${var.machine.kind}\nenv: ${var.machine.env}\n"
    "output: ${var.root}/${matrix.land}/${matrix.month}",
    parameters='{a: "${matrix.land}", c: "${matrix.month}"}',
)
MOSAIC = job("mosaic", spec="needs: [{job: tiles, where: {land: fr}}]", parameters="{a: {output_of: tiles}}")
FILES = {
    "fused-spec.yaml": PROJECT,
    "specs/tiles.yaml": TILES,
    "specs/mosaic.yaml": MOSAIC,
    "specs/big.yaml": fragment("big", "disk_size_gb: 30\nenv: {C: '1'}"),
    "specs/lands.csv": "iso,name\nfr,France\nde,Germany\n",
}
_WORDS = """
null true 3 1e400 -0 '' ~ [] {} [[]] [null] {a:,b} tiles mosaic big month land use matrix name file ${var.root}
${var.machine} ${var.months} ${var.nope} ${matrix.land} ${matrix.month} ${target.scope} ${env.X} ${secret.A}
${git.sha} ${ $${ "${}" "${var}" "${var.months[9]}" "${var.machine.env.A}" $replace 2024-13 last-complete &a *a
!!x é 日本 999999999999999999999999 render Job Job/* Fragment --- # @ %
"""
ODD = _WORDS.split()
TOKEN = re.compile(r"[\w.$/-]+|\S")
CUTS = st.tuples(st.integers(0, 400), st.integers(0, 2), st.sampled_from(ODD))
MUTATIONS = st.lists(st.tuples(st.sampled_from(sorted(FILES)), CUTS), min_size=1, max_size=4)


@contextmanager
def _project(files: dict[str, str]) -> Iterator[SmallProject]:
    with tempfile.TemporaryDirectory() as folder:
        project = SmallProject(Path(folder)).say()
        for name, content in files.items():
            (project.folder / name).write_text(content, encoding="utf-8")
        (project.folder / "fused-spec.yaml").write_text(HEAD + files["fused-spec.yaml"], encoding="utf-8")
        yield project


HEAD = "apiVersion: fused-spec/v1\nproject: {name: tiles, id: 5a0a2c1e-7f0e}\n"


def _mutated(text: str, at: int, count: int, odd: str) -> str:
    """The text with some of its words from one on taken out, and an odd one in their place."""
    words = list(TOKEN.finditer(text))
    if not words:
        return odd
    first = words[at % len(words)]
    last = words[min(at % len(words) + count, len(words)) - 1] if count else first
    return text[: first.start()] + odd + text[(last.end() if count else first.start()) :]


def test_what_is_mutated_holds_before_it_is() -> None:
    with _project(FILES) as project:
        assert [str(one) for one in project.problems() if one.is_error] == []
        assert len(project.desired("dev")) == 4


@examples(300)
@given(mutations=MUTATIONS)
def test_any_project_is_resolved_or_told(mutations: list[tuple[str, tuple[int, int, str]]]) -> None:
    files = dict(FILES)
    for name, cut in mutations:
        files[name] = _mutated(files[name], *cut)
    with _project(files) as project:
        for one in project.problems():
            assert one.message
            assert one.location.line >= 1
        for target in ("dev", "local"):
            found = project.at(target, variables=('machine={"kind": "m5.large", "env": {"A": "y"}}',))
            assert found.desired or found.diagnostics


DEV = "targets: {dev: {base_url: 'https://x.example/v1', %s}}\n"
SAID = {
    "document": ("", "", "9", ""),
    "default": ("defaults: {Job: {spec: {disk_size_gb: 9}}}\n", "", None, ""),
    "target's default": (DEV % "defaults: {Job: {spec: {disk_size_gb: 9}}}", "", None, ""),
    "fragment": ("", "use: [big]", None, fragment("big", "disk_size_gb: 9")),
    "variable": ("variables: {disk: {type: number, default: 9}}\n", "", "${var.disk}", ""),
    "object": ("variables: {disk: {type: object, default: {size: 9}}}\n", "", "${var.disk.size}", ""),
    "override": (DEV % "overrides: [{match: Job/tiles, spec: {disk_size_gb: 9}}]", "", "8", ""),
}


def test_where_a_value_is_said_changes_no_digest() -> None:
    digests = set()
    for declared, top, value, more in SAID.values():
        spec = f"disk_size_gb: {value}" if value is not None else ""
        with tempfile.TemporaryDirectory() as folder:
            project = SmallProject(Path(folder)).specs(
                declared, a__yaml=job(top=top, spec=spec), f__yaml=more or "# none"
            )
            digests.add(project.desired("dev")["tiles"].digest)
    assert len(digests) == 1


@examples(40)
@given(
    months=st.permutations(["2024-01", "2024-02", "2024-03"]),
    lands=st.permutations(["fr", "de"]),
    dimensions=st.permutations(["month", "land"]),
    fragments=st.permutations(["one", "two"]),
    names=st.permutations(["a", "b", "c"]),
)
def test_no_order_changes_a_digest(
    months: list[str], lands: list[str], dimensions: list[str], fragments: list[str], names: list[str]
) -> None:
    elements = {"month": ", ".join(months), "land": ", ".join(lands)}
    matrix = "".join(f"  {name}: [{elements[name]}]\n" for name in dimensions)
    tiles = job(
        top=f"use: [{', '.join(fragments)}]\nmatrix:\n{matrix}",
        parameters='{a: "${matrix.month}", b: "${matrix.land}"}',
    )
    texts = [tiles, fragment("one", "disk_size_gb: 9"), fragment("two", "env: {A: x}")]
    with tempfile.TemporaryDirectory() as folder:
        files = {f"{name}__yaml": text for name, text in zip(names, texts, strict=True)}
        desired = SmallProject(Path(folder)).specs("", **files).desired()
    assert {name: one.digest for name, one in desired.items()} == _in_order()


def _in_order() -> dict[str, str]:
    if not _KNOWN:
        tiles = job(
            top="use: [one, two]\nmatrix: {land: [de, fr], month: [2024-01, 2024-02, 2024-03]}",
            parameters='{a: "${matrix.month}", b: "${matrix.land}"}',
        )
        both = f"{fragment('one', 'disk_size_gb: 9')}---\n{fragment('two', 'env: {A: x}')}"
        with tempfile.TemporaryDirectory() as folder:
            desired = SmallProject(Path(folder)).specs("", a__yaml=tiles, b__yaml=both).desired()
        _KNOWN.update({name: one.digest for name, one in desired.items()})
    return _KNOWN


_KNOWN: dict[str, str] = {}
