"""What the documents show is true: commands exist, specs are valid, files are the ones that are shown."""

import json
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
import yaml

from fused_spec.cli.main import commands
from fused_spec.spec.checking.schema import SPEC_KINDS, check, schema, schema_folder, schema_text
from fused_spec.spec.documents.document import read_documents
from fused_spec.spec.files.discovery import SpecFile
from fused_spec.spec.language.editors.schemas import editor_schema_text
from tests.commands import every_command

ROOT = Path(__file__).parents[2]
DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
README = (ROOT / "README.md").read_text(encoding="utf-8")
CI = (ROOT / "docs/ci.md").read_text(encoding="utf-8")
_SPANS = re.compile(r"`((?:uv run |\.venv/bin/)?fused-spec [^`]*)`")
_FENCES = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)
_REFERENCE = re.compile(r"[\[\]|…·]|NAME|PATH|DIR\b|KIND")


def blocks(text: str, language: str) -> list[str]:
    return [content for found, content in _FENCES.findall(text) if found == language]


def shown_commands() -> Iterator[str]:
    """Every command line in code spans and blocks, but those that only describe a command's form."""
    for path in DOCUMENTS:
        text = path.read_text(encoding="utf-8")
        yield from _SPANS.findall(text)
        for _, content in _FENCES.findall(text):
            yield from re.findall(r"(?:^|&& |run: )((?:uv run )?fused-spec [^;}\n]*)", content, re.MULTILINE)


COMMANDS = sorted({line.strip() for line in shown_commands() if not _REFERENCE.search(line)})


def parse(words: list[str]) -> None:
    """Parse a command line without running it; a `click.UsageError` says what does not exist."""
    context: click.Context = commands.make_context("fused-spec", words, resilient_parsing=False)
    group: click.Command = commands
    while isinstance(group, click.Group):
        rest = [*context._protected_args, *context.args]
        if not rest:
            return
        _, command, rest = group.resolve_command(context, rest)
        assert command is not None
        context, group = command.make_context(command.name, rest, parent=context), command


def words_of(line: str) -> list[str]:
    """The words behind `fused-spec`, without redirections."""
    words = shlex.split(line, comments=True)
    words = words[words.index("fused-spec") + 1 :] if "fused-spec" in words else words[1:]
    return words[: next((place for place, word in enumerate(words) if word in (">", "|", "&&")), len(words))]


@pytest.mark.parametrize("line", COMMANDS)
def test_a_command_that_is_shown_exists_with_its_options(line: str) -> None:
    words = words_of(line.replace(".venv/bin/", ""))
    if words and "--help" not in words:
        parse(words)


LEAVES = {
    " ".join(("fused-spec", *words)): found for words, found in every_command() if not isinstance(found, click.Group)
}


@pytest.mark.parametrize(("name", "found"), LEAVES.items(), ids=LEAVES)
def test_the_synopsis_names_every_option_of_a_command(name: str, found: click.Command) -> None:
    synopsis = blocks((ROOT / "docs/cli.md").read_text(encoding="utf-8"), "text")[0]
    [line] = [line for line in synopsis.splitlines() if re.match(rf"{name}\b", line)]
    groups = dict(re.findall(r"^ +(requests|limits|values): +(.+)$", synopsis, re.MULTILINE))
    for group, options in groups.items():
        line = line.replace(f"[{group}]", options)
    everywhere = {option for parameter in commands.params for option in parameter.opts}
    for parameter in found.params:
        names = set(parameter.opts)
        if isinstance(parameter, click.Option) and not names & everywhere:
            assert names & set(re.findall(r"--?[a-z][a-z-]*", line)), names


def test_the_quick_start_is_two_commands() -> None:
    start = README.split("## Quick start")[1].split("\n## ")[0]
    assert blocks(start, "sh") == [
        "pip install uv && uv run fused-spec apply specs/examples/\n",
        "pip install uv && uv run pytest\n",
    ]
    assert len(blocks(README, "sh")) == 2


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_somewhere(path: Path) -> None:
    for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", path.read_text(encoding="utf-8")):
        assert (path.parent / target).exists(), target


def shown_specs(path: Path) -> list[str]:
    blocks_shown = blocks(path.read_text(encoding="utf-8"), "yaml")
    return [block for block in blocks_shown if block.startswith("apiVersion") and "\nkind:" in block]


@pytest.mark.parametrize("text", [text for path in DOCUMENTS for text in shown_specs(path)])
def test_a_spec_that_is_shown_is_valid(text: str) -> None:
    documents, problems = read_documents(SpecFile(name="shown.yaml", path=None, content=text.encode()))
    assert problems + [problem for document in documents for problem in check(document)] == []


def test_the_workflow_that_is_shown_is_the_file() -> None:
    assert blocks(CI, "yaml") == [(ROOT / "docs/examples/fused-spec.yml").read_text(encoding="utf-8")]


@pytest.mark.parametrize("path", ["docs/examples/fused-spec.yml", ".github/workflows/ci.yml"])
def test_a_workflow_is_one_by_its_published_schema(path: str) -> None:
    checker = Path(sys.executable).with_name("check-jsonschema")
    done = subprocess.run(
        [checker, "--builtin-schema", "vendor.github-workflows", ROOT / path],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


def test_the_workflow_lets_one_apply_go_on_at_a_time_and_to_its_end() -> None:
    workflow: Any = yaml.safe_load((ROOT / "docs/examples/fused-spec.yml").read_text(encoding="utf-8"))
    assert workflow["jobs"]["apply"]["concurrency"] == {"group": "fused-spec-apply", "cancel-in-progress": False}


def test_the_workflow_fetches_what_specs_read_from_git_before_it_reads_specs() -> None:
    workflow: Any = yaml.safe_load((ROOT / "docs/examples/fused-spec.yml").read_text(encoding="utf-8"))
    for name, job in workflow["jobs"].items():
        commands_run = [step.get("run", "") for step in job["steps"]]
        locking = commands_run.index("fused-spec lock specs/")
        reading = next(place for place, run in enumerate(commands_run) if f"fused-spec {name} " in run)
        assert locking < reading


def fields(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        yield from node.get("properties", {})
        for value in node.values():
            yield from fields(value)
    elif isinstance(node, list):
        for value in node:
            yield from fields(value)


@pytest.mark.parametrize("kind", [*SPEC_KINDS, "Project"])
def test_every_field_is_explained(kind: str) -> None:
    text = (ROOT / "docs/specs.md").read_text(encoding="utf-8")
    reserved = set(schema("Job")["$defs"]["env"]["properties"]) if kind == "Job" else set()
    missing = {name for name in fields(schema(kind)) if not re.search(rf"\b{re.escape(name)}\b", text)}
    assert missing - reserved == set()


@pytest.mark.parametrize(("name", "kind"), [("fused-spec", None), ("project", "Project")])
def test_the_schema_for_editors_is_made_of_the_one(name: str, kind: str | None) -> None:
    path = schema_folder() / f"editors/{name}.schema.json"
    assert path.read_text(encoding="utf-8") == editor_schema_text(kind)


def test_every_field_of_the_schemas_has_a_description() -> None:
    def undescribed(node: Any, path: str) -> Iterator[str]:
        if isinstance(node, dict):
            for name, value in node.get("properties", {}).items():
                told = value.get("description") or value.get("$ref") or value.get("const") or name in ("type", "kind")
                if not told:
                    yield f"{path}.{name}"
            for name, value in node.items():
                yield from undescribed(value, f"{path}/{name}")
        elif isinstance(node, list):
            for value in node:
                yield from undescribed(value, path)

    whole = json.loads(schema_text(None))
    assert list(undescribed({key: value for key, value in whole.items() if key != "allOf"}, "")) == []


def test_the_changelog_knows_this_version() -> None:
    from fused_spec import __version__

    assert f"## [{__version__}]" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


MODULES = {".".join(path.relative_to(ROOT).with_suffix("").parts) for path in (ROOT / "fused_spec").rglob("*.py")}
ROOMS = sorted(
    path.parent.name for path in (ROOT / "fused_spec").rglob("__init__.py") if path.parent.name != "fused_spec"
)
ARCHITECTURE = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", sorted(set(re.findall(r"`((?:[a-z]+\.)+[a-z_]+)`", ARCHITECTURE))))
def test_a_module_on_the_map_is_there(name: str) -> None:
    assert any(module.removesuffix(".__init__").endswith(f".{name}") for module in MODULES)


@pytest.mark.parametrize("room", sorted(ROOMS))
def test_every_room_is_on_the_map(room: str) -> None:
    assert f"`{room}`" in ARCHITECTURE
