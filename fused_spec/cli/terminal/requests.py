"""What a person may ask for beyond the specs, of `plan` and `apply` alike."""

from typing import TYPE_CHECKING, Any

import click

from fused_spec.cli.terminal.naming import Noun, naming
from fused_spec.cli.terminal.options import Function

if TYPE_CHECKING:
    from fused_spec.plan.model import Requests

_ALL = "*"


def request_options(function: Function) -> Function:
    """What a person may ask for beyond the specs; given to the command as one value, `requests`."""
    options = (
        click.option("--prune-limit", type=click.IntRange(min=0), metavar="N", help="How many --prune may end."),
        click.option("--prune", is_flag=True, help="Cancel runs and disable tokens of this project in no spec."),
        click.option(
            "--retry",
            multiple=True,
            is_flag=False,
            flag_value=_ALL,
            metavar="[NAME]",
            shell_complete=naming(Noun.JOBS),
            help="Start a held job again, for what has no result; without a NAME every one. Stands behind the paths.",
        ),
        click.option("--all", "whole", is_flag=True, help="Have --retry start all elements of a job."),
        click.option(
            "--rerun",
            multiple=True,
            metavar="NAME",
            shell_complete=naming(Noun.JOBS),
            help="Start this job, whatever its last run.",
        ),
        click.option(
            "--select",
            multiple=True,
            metavar="NAME",
            shell_complete=naming(Noun.JOBS),
            help="Only this job, and what it needs; of a matrix all cells, or those of 'tiles[month=2024-05]'.",
        ),
    )

    def gather(*arguments: Any, **given: Any) -> Any:
        asked = {name: given.pop(name) for name in ("prune_limit", "prune", "retry", "whole", "rerun", "select")}
        return function(*arguments, requests=_requests(**asked), **given)

    gather.__doc__ = function.__doc__
    gather.__name__ = function.__name__
    wrapped: Any = gather
    for option in options:
        wrapped = option(wrapped)
    wrapped.__click_params__ += getattr(function, "__click_params__", [])
    return wrapped  # type: ignore[no-any-return]


def _requests(
    *,
    rerun: tuple[str, ...],
    retry: tuple[str, ...],
    whole: bool,
    select: tuple[str, ...],
    prune: bool,
    prune_limit: int | None,
) -> "Requests":
    from fused_spec.plan.model import Requests

    if whole and not retry:
        raise click.UsageError("--all says which elements --retry starts: name --retry, too, or --rerun NAME")
    return Requests(
        rerun=frozenset(rerun),
        retry=frozenset(retry) - {_ALL},
        retry_all=_ALL in retry,
        whole=whole,
        select=frozenset(select),
        prune=prune,
        prune_limit=prune_limit,
    )
