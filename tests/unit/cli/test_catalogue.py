"""The table of commands agrees with the commands, and answers with none of them imported."""

import click
import pytest

from fused_spec.cli.catalogue import Deferred
from fused_spec.cli.main import commands
from tests.commands import every_command

LISTED = [command for command in commands.commands.values() if isinstance(command, Deferred)]


def test_commands_are_listed_in_the_order_in_which_people_meet_them() -> None:
    assert list(commands.commands)[:8] == ["init", "add", "validate", "fmt", "render", "lock", "plan", "apply"]


def test_no_command_is_imported_before_it_is_called() -> None:
    assert len(LISTED) == len(commands.commands)


@pytest.mark.parametrize("listed", LISTED, ids=lambda listed: listed.name)
def test_a_command_is_where_the_table_says(listed: Deferred) -> None:
    assert listed.meant.name == listed.name


@pytest.mark.parametrize("listed", LISTED, ids=lambda listed: listed.name)
def test_the_line_of_help_is_the_first_that_the_command_says_of_itself(listed: Deferred) -> None:
    assert str(listed.meant.help).split("\n\n")[0].replace("\n", " ") == listed.help


@pytest.mark.parametrize("words", [words for words, _ in every_command() if len(words) == 1], ids=" ".join)
def test_the_help_of_a_command_is_its_own(words: tuple[str, ...]) -> None:
    context = commands.commands[words[0]].make_context(words[0], ["--help"], resilient_parsing=True)
    assert context.command.get_help(context).startswith(f"Usage: {words[0]}")


def test_what_is_called_is_the_command_itself() -> None:
    called = commands.make_context("fused-spec", ["schema", "--list"])
    _, command, rest = commands.resolve_command(called, [*called._protected_args, *called.args])
    assert command is not None
    assert not isinstance(command.make_context("schema", rest, parent=called).command, Deferred)


def test_a_group_among_them_says_which_of_its_commands_is_not_known() -> None:
    with pytest.raises(click.UsageError, match="No such command 'nosuch'"):
        commands.main(["tokens", "nosuch"], standalone_mode=False)
