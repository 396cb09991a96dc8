"""The declared secrets as a command reads them: those of what it starts, and those that it masks."""

from typing import TYPE_CHECKING

from fused_spec.cli.terminal.context import Context
from fused_spec.configuration.declared_secrets import NO_SECRETS

if TYPE_CHECKING:
    from fused_spec.configuration.declared_secrets import Secrets
    from fused_spec.configuration.secret_values import SecretReader
    from fused_spec.configuration.settings import Target
    from fused_spec.spec.model import Project


def secret_reader(context: Context, secrets: "Secrets", *, runs: bool) -> "SecretReader":
    """What reads them; only where it `runs` commands those that come from one can be had."""
    from fused_spec.configuration.secret_values import SecretReader, run_command

    return SecretReader(secrets=secrets, environment=context.env, home=context.home, run=run_command if runs else None)


def secrets_to_mask(context: Context, project: "Project", target: "Target") -> "SecretReader":
    """What has the declared secrets that are kept out of what is shown, and runs no command for one."""
    return secret_reader(context, secrets_of(context, project, target), runs=False)


def secrets_of(context: Context, project: "Project", target: "Target") -> "Secrets":
    """The secrets that a project declares at a target."""
    tree = project.document.tree if project.document is not None else {}
    if not {"secrets", "secrets_key", "include"} & tree.keys():
        return NO_SECRETS
    from fused_spec.cli.targets.target import with_state
    from fused_spec.spec.language.spoken import spoken_in
    from fused_spec.spec.project.git_lock import read_locks
    from fused_spec.spec.sight import offline

    locks, _ = read_locks(project.root)
    return spoken_in(project, (), context.cwd, offline(with_state(project, context), locks)).secrets(target.name)
