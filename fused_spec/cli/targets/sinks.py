"""The sinks of tokens that are no files get what they need: a command its environment, GitHub's runner its file,
GitLab what reaches it."""

from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace

from fused_spec.cli.targets.secrets import secret_reader
from fused_spec.cli.terminal.context import Context
from fused_spec.configuration.token_sinks import Command, GitHub, GitLab, Sink, Variable
from fused_spec.errors import FusedSpecError
from fused_spec.messages.named_secrets import filled, names_of

if TYPE_CHECKING:
    from fused_spec.configuration.secret_values import SecretReader
    from fused_spec.spec.model import Resolution


class NotTaken(FusedSpecError):
    """A command did not take the value of a token."""


def with_ways(resolution: "Resolution", context: Context) -> "Resolution":
    """The same, where each token's value can be handed to its sink."""
    from fused_spec.spec.model import DesiredToken

    def bound(sink: Sink) -> Sink:
        match sink:
            case Command():
                return replace(sink, hand=lambda content: _hand(sink, content, context, reader))
            case GitHub(what=what):
                return replace(sink, file=_runner_file(what, context), say=context.console.tell_runner)
            case GitLab():
                return _reached(sink, context)
        return sink

    if not any(isinstance(one, DesiredToken) and not isinstance(one.sink, Path) for one in resolution.desired):
        return resolution
    reader = secret_reader(context, resolution.secrets, runs=True)
    desired = (
        replace(one, sink=bound(one.sink)) if isinstance(one, DesiredToken) else one for one in resolution.desired
    )
    return replace(resolution, desired=tuple(desired))


def _reached(sink: GitLab, context: Context) -> GitLab:
    """The same with its way, by what the environment names: server, project and token."""
    base_url, token = context.env.get("CI_API_V4_URL"), context.env.get(sink.access_from)
    project = sink.project or context.env.get("CI_PROJECT_ID")
    needed = {"CI_API_V4_URL": base_url, "CI_PROJECT_ID (or `project` in the sink)": project, sink.access_from: token}
    if not (base_url and token and project):
        missing = " and ".join(name for name, value in needed.items() if not value)
        return replace(sink, lacks=f"the environment has no {missing}")
    from fused_spec.api.errors import InvalidArgument
    from fused_spec.api.gitlab import GitLabVariable

    try:
        variable: Variable = GitLabVariable(sink, base_url, project, token, timings=context.timings)
    except InvalidArgument as error:
        return replace(sink, lacks=f"CI_API_V4_URL or the project: {error}")
    return replace(sink, variable=variable)


def _runner_file(what: str, context: Context) -> Path | None:
    """Where the runner of a workflow reads what a step hands on."""
    name = context.env.get(f"GITHUB_{what.upper()}")
    return Path(name) if name and context.env.get("GITHUB_ACTIONS") == "true" else None


def _hand(sink: Command, content: bytes, context: Context, reader: "SecretReader") -> None:
    import subprocess

    from fused_spec.configuration.secret_values import PATIENCE, run_command

    values = reader.values(names_of(sink.env))
    env = {**context.env, **{name: filled(value, values) for name, value in sink.env.items()}}
    hint = "what it says is not shown, since it was given the value; run it by hand, then apply"
    try:
        run_command(sink.words, sink.folder, env, PATIENCE, content)
    except subprocess.TimeoutExpired:
        raise NotTaken(f"{sink} took longer than {PATIENCE:.0f} s to take the value", hint=hint) from None
    except subprocess.CalledProcessError as error:
        raise NotTaken(f"{sink} did not take the value: it ended with {error.returncode}", hint=hint) from None
    except (OSError, ValueError) as error:
        raise NotTaken(f"{sink} cannot be run: {getattr(error, 'strerror', None) or error}", hint=hint) from None
