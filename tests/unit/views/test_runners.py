"""No line of what is shown is a command to a CI runner, and documents mean the same all the same."""

import json
import re

import pytest
import yaml

from fused_spec.views.documents.json import as_json
from fused_spec.views.documents.reports.sarif import sarif_text
from fused_spec.views.documents.runners import harmless
from fused_spec.views.documents.yaml_ import as_yaml
from tests.unit.views.things import problem

COMMANDS = {
    "github": "::warning::x",
    "github, indented": " \t ::stop-commands::token",
    "github, behind a strange blank": "\u3000::add-mask::x",
    "github, behind a line separator": "a\u2028::error::x",
    "github, the old form": "build ##[error]boom",
    "github, the old form twice": "###[group]a##[endgroup]",
    "azure": "##vso[task.setvariable variable=x]y",
    "teamcity": "##teamcity[buildStatus status='SUCCESS']",
    "gitlab": "\x1b[0Ksection_start:1560896352:x\r\x1b[0Kheading",
    "travis": "travis_fold:start:x\r\x1b[0K",
    "a carriage return": "fine\r::error::x",
    "a next line": "fine\x85::error::x",
    "a vertical tab": "\x0b::error::x",
    "an escape sequence": "\x1b[2J\x1b]0;title\x07",
    "colour before it": "\x1b[31m::error::x",
}


def obeyed(text: str) -> list[str]:
    """The lines that some runner would take for a command, or a terminal for one."""
    lines = re.split(r"[\r\n\x0b\x0c\x1c-\x1e\x85\u2028\u2029]", text)
    bare = [re.sub(r"\x1b\[[0-9;]*m", "", line) for line in lines]
    return [
        line for line in bare if line.lstrip().startswith("::") or re.search(r"##\w*\[|[\x00-\x08\x0b-\x1f\x7f]", line)
    ]


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
def test_no_line_is_a_command(command: str) -> None:
    assert obeyed(harmless(f"one\n{command}\ntwo")) == []


@pytest.mark.parametrize(
    "text", ["one\ntwo", "a::b", "std::vector", "## [x]", "# heading", "  | x", "Zürich\t東京", ""]
)
def test_other_text_stays_as_it_is(text: str) -> None:
    assert harmless(text) == text


def test_colours_stay() -> None:
    assert harmless("\x1b[31mError:\x1b[0m it broke") == "\x1b[31mError:\x1b[0m it broke"


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
def test_a_document_holds_no_command_and_means_the_same(command: str) -> None:
    document = {"text": command, command: [command, f"a\n{command}\nb"]}
    shown = as_json(document)
    assert obeyed(shown) == []
    assert json.loads(shown) == {"format_version": "1", **document}


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
def test_yaml_holds_no_command_and_means_the_same(command: str) -> None:
    long = f"{'word ' * 30}{command} {'word ' * 30}"
    document = {"text": command, "code": f"def udf():\n    {command}\n    return 1\n", "long": long, "plain": "a\nb\n"}
    shown = as_yaml(document)
    assert obeyed(shown) == []
    assert yaml.safe_load(f"{shown}\n") == document


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
def test_sarif_holds_no_command(command: str) -> None:
    shown = sarif_text([problem(command, path=f"specs/{command}.yaml", hint=command)], version="1")
    assert obeyed(shown) == []
    assert json.loads(shown)["runs"][0]["results"][0]["message"]["text"] == f"{command} Hint: {command}"
