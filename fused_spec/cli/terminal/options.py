"""What every command shares: the global options, before and after its name, and the options that several have.

Even `--help` waits for what is imported here.
"""

import math
import re
from collections.abc import Callable
from enum import StrEnum
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar, cast

import click

from fused_spec.cli.terminal.naming import Noun, naming

Function = TypeVar("Function", bound=Callable[..., Any])


class Color(StrEnum):
    AUTO = "auto"
    ALWAYS = "always"
    NEVER = "never"


def not_empty(_: click.Context, __: click.Parameter, value: Any) -> Any:
    """An option's callback: one that is given as an empty text was to say something, and is not left out."""
    if value == "":
        raise click.BadParameter("it is empty; a variable in its place may be unset. Leave the option out, or name it")
    return value


def _remember(context: click.Context, option: click.Parameter, value: Any) -> None:
    """Keep what was typed; of an option given twice, the one after the command's name wins."""
    not_empty(context, option, value)
    if context.get_parameter_source(str(option.name)) is click.core.ParameterSource.COMMANDLINE:
        context.ensure_object(dict)[str(option.name)] = value


def _global(*names: str, **attributes: Any) -> Callable[[Function], Function]:
    return click.option(*names, expose_value=False, callback=_remember, **attributes)


_GLOBAL_OPTIONS = (
    _global(
        "--target",
        metavar="NAME",
        shell_complete=naming(Noun.TARGET),
        help="Where to apply: local, or a target of fused-spec.yaml.",
    ),
    _global("--base-url", metavar="URL", help="Any server that speaks Fused's protocol; goes before --target."),
    _global("--quiet", is_flag=True, help="Only results and problems."),
    _global("--verbose", is_flag=True, help="Also what is done on the way."),
    _global("--timings", is_flag=True, help="At the end, also what took how long, and what was asked for."),
    _global(
        "--color", type=click.Choice([str(color) for color in Color]), help="Colour the output; auto asks the terminal."
    ),
)


def global_options(function: Function) -> Function:
    """Accept the global options here."""
    for option in reversed(_GLOBAL_OPTIONS):
        function = option(function)
    return function


def command(function: Callable[..., int | None]) -> Callable[..., int]:
    """Hand the `Context` to a command, with the global options accepted behind its name.

    The command returns its exit code, or None for 0.
    """

    @wraps(function)
    def run(*arguments: Any, **options: Any) -> int:
        from fused_spec.cli.terminal.context import current_context

        given = click.get_current_context().ensure_object(dict)
        context = current_context(given, waits=True)
        code = function(context, *arguments, **options) or 0
        context.console.finish()
        return code

    return cast("Callable[..., int]", global_options(run))


def output_option(*formats: str) -> Callable[[Function], Function]:
    """`--output`, with the first format as the default; errors follow it, too."""

    def remember(context: click.Context, option: click.Parameter, value: str) -> str:
        context.ensure_object(dict)["output"] = value
        return value

    return click.option(
        "--output",
        type=click.Choice(formats),
        default=formats[0],
        show_default=True,
        callback=remember,
        is_eager=True,  # so that the errors of all others follow it
        help="Form of the result.",
    )


def _gather(context: click.Context, option: click.Parameter, value: tuple[Any, ...]) -> None:
    for one in value:
        not_empty(context, option, one)
    context.ensure_object(dict)[str(option.name)] = value


def value_options(function: Function) -> Function:
    """Accept values for what the specs leave open."""
    options = (
        click.option(
            "--var",
            multiple=True,
            metavar="NAME=VALUE",
            expose_value=False,
            callback=_gather,
            shell_complete=naming(Noun.VARIABLE),
            help="Give a variable of the specs this value.",
        ),
        click.option(
            "--var-file",
            multiple=True,
            metavar="FILE",
            expose_value=False,
            callback=_gather,
            shell_complete=naming(Noun.FILE),
            help="Give variables the values in this YAML file.",
        ),
        click.option(
            "--as-of",
            type=click.DateTime(["%Y-%m-%d"]),
            metavar="DATE",
            expose_value=False,
            callback=_remember,
            help="The day that last-complete goes by, in place of today's in UTC.",
        ),
    )
    for option in reversed(options):
        function = option(function)
    return function


def spec_paths(function: Function) -> Function:
    """Folders (with everything below), files, or `-` for standard input."""
    paths = click.argument("paths", nargs=-1, required=True, metavar="PATH...", shell_complete=naming(Noun.FILE))
    return paths(value_options(function))


archive_option = click.option(
    "--archive",
    callback=not_empty,
    metavar="DIR|URL",
    shell_complete=naming(Noun.FILE),
    help="Where receipts and logs are kept.",
)


def _map_file(_: click.Context, __: click.Parameter, value: Path | None) -> Path | None:
    """Nothing is read for a map that cannot be written."""
    if value is None:
        return None
    from fused_spec.maps.model import Form

    if value.suffix.lower() not in tuple(Form):
        raise click.BadParameter(f"{str(value)!r} says no form of a map; let it end in {', '.join(Form)}")
    return value


def map_option(what: str) -> Callable[[Function], Function]:
    """`--map FILE`, with what it draws in its help."""
    return click.option(
        "--map",
        "map_file",
        type=click.Path(dir_okay=False, path_type=Path),
        callback=_map_file,
        metavar="FILE",
        help=f"{what} .html, .svg, .png, .geojson.",
    )


def amount(_: click.Context, __: click.Parameter, value: str | None) -> float | None:
    """An option's callback: a number above zero, and not what Python also takes for one: `nan` is never reached."""
    if value is None:
        return None
    if not re.fullmatch(r"\d+(?:\.\d+)?|\.\d+", value, re.ASCII) or not 0 < float(value) < math.inf:
        raise click.BadParameter(f"{value!r} is not an amount above zero; write 12 or 0.50")
    return float(value)


def duration(_: click.Context, __: click.Parameter, value: str | None) -> float | None:
    """An option's callback: seconds, from `90`, `90s`, `30m`, `2h`, `1d` or `1h30m`."""
    if value is None:
        return None
    from fused_spec.spec.documents.durations import SECONDS

    parts = re.findall(r"(\d+(?:\.\d+)?)([smhd])", value)
    if value.isdecimal():
        return float(value)
    if not parts or "".join(number + unit for number, unit in parts) != value:
        raise click.BadParameter(f"{value!r} is not a duration; write 90s, 30m, 2h or 1h30m")
    return sum(float(number) * SECONDS[unit] for number, unit in parts)


lock_timeout_option = click.option(
    "--lock-timeout", callback=duration, metavar="D", help="How long to wait for another apply to end: 90s, 30m."
)

strict_option = click.option("--strict", is_flag=True, help="Take warnings in the specs for errors.")

yes_option = click.option("-y", "--yes", is_flag=True, help="Do not ask before changing a target other than local.")
