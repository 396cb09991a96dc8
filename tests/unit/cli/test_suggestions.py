"""A word that no command knows leads to a step that spends nothing and ends nothing."""

import re

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fused_spec.cli.main import commands, run
from fused_spec.cli.terminal.suggestions import COMMANDS, OPTIONS, SPENDING, about_command, about_option
from tests.commands import every_command

_OPTION = re.compile(r"(?<![\w-])--?[A-Za-z][\w-]*")


OF_EACH = {command: [name for option in command.params for name in option.opts] for _, command in every_command()}
ALL = sorted({name for names in OF_EACH.values() for name in names if name.startswith("-")})


def advised(said: str, word: str) -> set[str]:
    """The options that a sentence names besides the word that was typed."""
    return set(_OPTION.findall(said.replace(repr(word), "")))


@pytest.mark.parametrize("word", OPTIONS)
def test_an_option_of_other_tools_gets_one_sentence_that_spends_nothing(word: str) -> None:
    said = about_option(word, ALL)
    assert said == f"No such option {word!r}. {OPTIONS[word]}."
    assert advised(said, word).isdisjoint(SPENDING)


@pytest.mark.parametrize("word", COMMANDS)
def test_a_command_of_other_tools_gets_one_sentence_that_spends_nothing(word: str) -> None:
    said = about_command(word, commands.commands)
    assert said == f"No such command {word!r}. {COMMANDS[word]}."
    assert advised(said, word).isdisjoint(SPENDING)


@pytest.mark.parametrize("word", [*OPTIONS, *COMMANDS])
def test_each_option_that_is_named_exists(word: str) -> None:
    advice = OPTIONS.get(word) or COMMANDS[word]
    assert advised(advice, word) <= {*ALL, "--help"}


@pytest.mark.parametrize("word", COMMANDS)
def test_no_word_of_the_table_is_a_command(word: str) -> None:
    assert word not in commands.commands


@given(command=st.sampled_from(sorted(OF_EACH, key=lambda one: str(one.name))), data=st.data())
def test_no_mistyped_option_leads_to_one_that_spends(command: click.Command, data: st.DataObject) -> None:
    meant = data.draw(st.sampled_from(ALL))
    at = data.draw(st.integers(2, len(meant)))
    put, cut = data.draw(st.text("abcdefghijklmnopqrstuvwxyz-", max_size=3)), data.draw(st.integers(0, 2))
    word = meant[:at] + put + meant[at + cut :]
    assert advised(about_option(word, OF_EACH[command]), word).isdisjoint(SPENDING)


@given(word=st.sampled_from(["apply", "cancel"]), at=st.integers(0, 6), put=st.text("acelnpy", min_size=1, max_size=2))
def test_no_mistyped_command_leads_to_one_that_acts(word: str, at: int, put: str) -> None:
    typed = word[:at] + put + word[at:]
    assert f'"{word}"' not in about_command(typed, commands.commands)


def test_a_slip_of_the_hand_is_told_the_right_word() -> None:
    assert about_command("validat", commands.commands).endswith('Did you mean "validate"?')
    assert about_option("--ouput", ["--output", "--prune"]).endswith('Did you mean "--output"?')


@pytest.mark.parametrize(
    ("line", "advice"),
    [
        (["apply", "specs", "--dry-run"], "`fused-spec plan specs/` shows what `apply` would do, and changes nothing"),
        (["destroy"], "Take the spec out of the folder"),
        (["tokens", "delete", "x"], "Take the spec out of the folder"),
        (["plan", "specs", "-o", "json"], "Write `--output json`"),
        (["logs", "a", "--watch"], "`fused-spec logs -f NAME` follows a run"),
        (["--force", "apply"], "changes nothing"),
    ],
)
def test_the_command_says_so_and_ends_with_2(line: list[str], advice: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(line) == 2
    said = capsys.readouterr().err
    assert advice in said
    assert advised(said.partition("Error:")[2], line[-1]).isdisjoint(SPENDING)
