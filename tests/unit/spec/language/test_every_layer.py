"""Whatever is wrong with a value is told in the file, the line and the column of the layer that says it."""

from collections.abc import Callable
from typing import NamedTuple

import pytest

from tests.unit.spec.language.projects import HEAD, SmallProject, fragment, job

DECLARED = """\
variables:
  lands: {type: list, default: [fr, de]}
  kind: {type: string, default: heavy}
  unsaid: {type: number, default: 1}
secrets: {KEY: {from: {env: KEY}}}
"""
USED = "labels: {kind: '${var.kind}', land: '${var.lands[0]}', n: '${var.unsaid}'}"


class Fault(NamedTuple):
    """Lines of a `spec` with something wrong, at `«`; and the code of what is told there."""

    said: str
    code: str


class Layered(NamedTuple):
    """A project with some lines of a `spec` in one of its layers, and the file in which they stand."""

    project: str
    files: dict[str, str | bytes]
    file: str


def _below(words: str, lines: str) -> str:
    """The lines below mappings of these names."""
    text, depth = "", 0
    for word in words.split():
        text, depth = f"{text}{'  ' * depth}{word}:\n", depth + 1
    return text + "".join(f"{'  ' * depth}{line}\n" for line in lines.splitlines())


USER = job(metadata=USED)
OTHER = job("other", spec="env: {OWN: '${secret.KEY}'}")  # uses the secret, whatever is wrong elsewhere
ELSEWHERE = "  there:\n    base_url: https://there.example/v1\n"


def _document(said: str) -> Layered:
    within, plain = said.removeprefix("config: {"), job(metadata=USED)
    if within != said:
        text = plain.replace("  config:\n", f"  config:\n    {within.rstrip()[:-1]}\n")
    else:
        text = job(metadata=USED, spec=said)
    return Layered(DECLARED, {"specs/a.yaml": text}, "specs/a.yaml")


def _default(said: str) -> Layered:
    return Layered(DECLARED + _below("defaults Job spec", said), {"specs/a.yaml": USER}, "fused-spec.yaml")


def _of_a_target(said: str) -> Layered:
    below = "".join(f"    {line}\n" for line in _below("defaults Job spec", said).splitlines())
    return Layered(f"{DECLARED}targets:\n{ELSEWHERE}{below}", {"specs/a.yaml": USER}, "fused-spec.yaml")


def _fragment(said: str) -> Layered:
    files = {"specs/a.yaml": job(top="use: [f]", metadata=USED), "specs/f.yaml": fragment("f", said)}
    return Layered(DECLARED, files, "specs/f.yaml")


def _override(said: str) -> Layered:
    lines = "".join(f"          {line}\n" for line in said.splitlines())
    overrides = f"    overrides:\n      - match: Job/tiles\n        spec:\n{lines}"
    return Layered(f"{DECLARED}targets:\n{ELSEWHERE}{overrides}", {"specs/a.yaml": USER}, "fused-spec.yaml")


def _included(said: str) -> Layered:
    team = "apiVersion: fused-spec/v1\n" + _below("defaults Job spec", said)
    return Layered(f"{DECLARED}include: [team.yaml]\n", {"specs/a.yaml": USER, "team.yaml": team}, "team.yaml")


LAYERS: dict[str, Callable[[str], Layered]] = {
    "document": _document,
    "default": _default,
    "target's default": _of_a_target,
    "fragment": _fragment,
    "override": _override,
    "included file": _included,
}

FAULTS = {
    "misspelt": Fault("«regoin: us-west-2", "unknown-field"),
    "misspelt-within": Fault("run: {«retry: 2}", "unknown-field"),
    "wrong-level": Fault("«retries: 2", "unknown-field"),
    "list-for-a-mapping": Fault("run: «[a]", "wrong-type"),
    "text-for-a-number": Fault("disk_size_gb: «big", "wrong-type"),
    "quoted-number": Fault('disk_size_gb: «"5"', "wrong-type"),
    "float": Fault("disk_size_gb: «5.5", "wrong-type"),
    "boolean": Fault("disk_size_gb: «true", "wrong-type"),
    "number-for-text": Fault("region: «5", "wrong-type"),
    "unit": Fault("disk_size_gb: «50GB", "wrong-type"),
    "zero": Fault("disk_size_gb: «0", "out-of-range"),
    "negative": Fault("run: {retries: «-1}", "out-of-range"),
    "too-many": Fault("run: {retries: «1000}", "out-of-range"),
    "timeout": Fault("run: {timeout: «10 minutes}", "bad-format"),
    "when": Fault("run: {when: «sometimes}", "not-in-list"),
    "machine": Fault("instance_type: «m5.tiny", "not-in-list"),
    "region": Fault("region: «us-west-2a", "bad-format"),
    "image": Fault('image_name: «"x; rm -rf /"', "bad-format"),
    "env-number": Fault("env: {A: «1}", "wrong-type"),
    "env-name": Fault("env: {«1A: x}", "bad-name"),
    "env-reserved": Fault("env: {«PATH: x}", "reserved-name"),
    "env-line": Fault('env: {A: «"a\\nb"}', "bad-format"),
    "env-list": Fault("env: «5", "wrong-type"),
    "secret": Fault("env: {A: «AKIAIOSFODNN7EXAMPLE}", "secret"),
    "secret-by-name": Fault("env: {API_TOKEN: «correct-horse-battery}", "secret"),
    "needs-text": Fault("needs: «a", "wrong-type"),
    "reserved": Fault("config: {metadata: {«fused-spec: {}}}", "reserved-name"),
    "number-metadata": Fault("config: {metadata: «[a]}", "wrong-type"),
    "octal": Fault("disk_size_gb: «010", "ambiguous-value"),
    "hexadecimal": Fault("disk_size_gb: «0x1F", "ambiguous-value"),
    "base-60": Fault("disk_size_gb: «22:22", "ambiguous-value"),
    "underscore": Fault("disk_size_gb: «1_000", "ambiguous-value"),
    "infinity": Fault("config: {metadata: {a: «.inf}}", "not-finite"),
    "overflow": Fault("config: {metadata: {a: «1e400}}", "not-finite"),
    "digits": Fault("config: {metadata: {a: «" + "9" * 5000 + "}}", "number-too-large"),
    "beyond-double": Fault("config: {metadata: {a: «9007199254740993}}", "number-too-large"),
    "twice": Fault("disk_size_gb: 5\n«disk_size_gb: 6", "duplicate-key"),
    "merge-key": Fault("run:\n  «<<: {retries: 2}", "merge-key"),
    "alias": Fault("run: «*nope", "alias"),
    "tag": Fault("region: «!!str x", "tag"),
    "python": Fault("region: «!!python/object/apply:os.system [x]", "tag"),
    "flow": Fault("run: {retries: «${var.unsaid}}", "unquoted-interpolation"),
    "tab": Fault("run:\n«\tretries: 2", "yaml-syntax"),
    "quote": Fault('region: «"us-west-2', "yaml-syntax"),
    "colon": Fault("region: a«: b", "yaml-syntax"),
    "at": Fault("region: «@x", "yaml-syntax"),
    "backtick": Fault("region: «`x`", "yaml-syntax"),
    "complex-key": Fault("env:\n  ? «[a]\n  : b", "key-not-text"),
    "boolean-key": Fault("env: {«true: b}", "key-not-text"),
    "number-key": Fault("env: {«1: b}", "key-not-text"),
    "bidi": Fault("region: us«\u202ewest", "bad-character"),
    "escape-sequence": Fault("region: us«\x1bwest", "bad-character"),
    "zero-width": Fault("na«\u200bme: x", "bad-character"),
    "surrogate": Fault('region: "«\\ud800"', "yaml-syntax"),
    "nul": Fault('region: «"\\0"', "bad-character"),
    "smart-quotes": Fault("instance_type: «“m5.large”", "not-in-list"),
    "unknown-variable": Fault('region: «"${var.regoin}"', "unknown-variable"),
    "bare": Fault('region: «"${HOME}"', "no-such-name"),
    "default-in-it": Fault('region: «"${var.kind:-5}"', "interpolation-default"),
    "unclosed": Fault('region: «"${var.kind"', "open-interpolation"),
    "empty-name": Fault('region: «"${}"', "no-such-name"),
    "list-in-text": Fault('region: «"x-${var.lands}"', "not-text"),
    "wrong-type-of-variable": Fault('disk_size_gb: «"${var.kind}"', "name-of-another-type"),
    "item-beyond": Fault('region: «"${var.lands[9]}"', "no-such-name"),
    "field-of-text": Fault('region: «"${var.kind.x}"', "no-such-name"),
    "commit": Fault('env: {A: «"${git.sha}"}', "volatile-value"),
    "no-matrix": Fault('region: «"${matrix.month}"', "no-matrix"),
    "secret-in-region": Fault('region: «"${secret.KEY}"', "secret-not-allowed"),
    "unknown-secret": Fault('env: {A: «"${secret.KEYY}"}', "unknown-secret"),
    "needs-nobody": Fault("needs: [«nobody]", "unknown-reference"),
    "template": Fault('region: «"{{ region }}"', "bad-format"),
}


CASES = [
    pytest.param(fault, layer, marks=() if (row + column) % len(LAYERS) == 0 else (pytest.mark.thorough,))
    for row, fault in enumerate(FAULTS)
    for column, layer in enumerate(LAYERS)
]
"""Every fault in every layer; in breadth, every fault in one of them."""


def put(project: SmallProject, layered: Layered) -> str:
    """Write the project, without the mark; returns the place of the mark."""
    project.say(layered.project)
    place = ""
    for name, content in {
        "fused-spec.yaml": HEAD + layered.project,
        "specs/other.yaml": OTHER,
        **layered.files,
    }.items():
        assert isinstance(content, str)
        path = project.folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(content.replace("«", ""), encoding="utf-8")
        if name == layered.file:
            before = content[: content.index("«")]
            place = f"{name}:{before.count(chr(10)) + 1}:{len(before) - before.rfind(chr(10))}"
    return place


def told(project: SmallProject) -> list[tuple[str, str]]:
    return [(one.code, str(one.location)) for one in project.problems()]


@pytest.mark.parametrize(("fault", "layer"), CASES)
def test_a_fault_is_told_where_it_stands(project: SmallProject, fault: str, layer: str) -> None:
    said, code = FAULTS[fault]
    place = put(project, LAYERS[layer](said))
    assert told(project) == [(code, place)]


@pytest.mark.parametrize("layer", LAYERS)
def test_what_is_nested_too_deep_is_told_in_its_line(project: SmallProject, layer: str) -> None:
    place = put(project, LAYERS[layer](f"config: {{metadata: {{a: «{'[' * 40}{']' * 40}}}}}"))
    assert [(code, at.rpartition(":")[0]) for code, at in told(project)] == [("too-deep", place.rpartition(":")[0])]


def test_what_cannot_be_read_is_not_said_to_be_missing(project: SmallProject) -> None:
    project.specs(a__yaml=job("a", spec="region: '${var.x}'"), b__yaml=job("b", spec="needs: [a]"))
    assert told(project) == [("unknown-variable", "specs/a.yaml:6:11")]
