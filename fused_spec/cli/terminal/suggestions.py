"""What to type in place of a word that this command does not know: one sentence, and a next step that is safe.

The words are those that people bring along from other tools, and slips of the hand. No suggestion names an option that
spends or ends anything: a hint is copied more quickly than it is read.
"""

from collections.abc import Iterable, Mapping

import click

SPENDING = frozenset({"--prune", "--prune-limit", "--rerun", "--retry", "--adopt", "--yes", "-y", "--revoke-now"})
_ACTING = frozenset({"apply", "cancel"})  # commands that a slip of the hand must not lead to

_LOOK = "`fused-spec plan specs/` shows what `apply` would do, and changes nothing"
_ANSWERS = "`apply` asks before it changes anything but this machine, and only where somebody can answer"
_GONE = "Take the spec out of the folder, and `fused-spec plan specs/` shows what is in no spec any more"
_RUNS = "`fused-spec status` shows the newest run of each job, `fused-spec jobs` the history"
_ONE_RUN = "`fused-spec show NAME` shows one run"
_FORM = "Write `--output json`; `fused-spec COMMAND --help` has the forms of each command"
_FOLLOW = "`fused-spec logs -f NAME` follows a run; `apply` follows all of its own until they end"
_VALUES = "Commands that read specs take `--var NAME=VALUE`, for a variable that fused-spec.yaml declares"
_ALWAYS_READ = "Each plan reads the history anew: `fused-spec plan specs/`"
_NO_STATE = "There is no state file: the job history is the state, and `fused-spec status` shows it"
_HELP = "`fused-spec --help` lists the commands, and `fused-spec plan --help` explains one"
_STOP = "`fused-spec status` shows what runs; see `fused-spec cancel --help` before you end a run"
_WHERE = "`--target NAME` says where, with a name from `targets` of fused-spec.yaml"
_CHECK = "`fused-spec validate specs/` checks the specs, offline"
_SHOWN = "`fused-spec render specs/` shows the specs with everything filled in"
_START = "Jobs are declared, and `apply` starts what is missing. " + _LOOK

COMMANDS: Mapping[str, str] = {
    **dict.fromkeys(("destroy", "delete", "rm", "remove", "down", "undeploy", "purge", "prune", "clean"), _GONE),
    **dict.fromkeys(
        ("run", "start", "up", "submit", "deploy", "create", "execute", "dispatch", "sync", "push"), _START
    ),
    **dict.fromkeys(("stop", "kill", "abort", "halt", "pause", "scale"), _STOP),
    **dict.fromkeys(("list", "ls", "ps", "get", "runs", "history", "top"), _RUNS),
    **dict.fromkeys(("describe", "inspect", "info", "view", "cat"), _ONE_RUN),
    **dict.fromkeys(("help", "man", "?"), _HELP),
    **dict.fromkeys(("diff", "preview", "dry-run", "what-if", "whatif"), _LOOK),
    **dict.fromkeys(("retry", "rerun", "restart", "redo", "resume", "replay", "adopt"), _LOOK),
    **dict.fromkeys(("log", "tail", "output", "attach"), "`fused-spec logs NAME` prints a log, and with -f follows it"),
    **dict.fromkeys(("check", "test", "lint", "verify", "doctor"), _CHECK),
    **dict.fromkeys(("format", "pretty", "prettify", "tidy"), "`fused-spec fmt specs/` brings specs into one form"),
    **dict.fromkeys(("build", "compile", "template", "synth", "export", "config"), _SHOWN),
    **dict.fromkeys(("refresh", "pull", "fetch"), _ALWAYS_READ),
    **dict.fromkeys(("state", "taint", "untaint", "force-unlock", "unlock"), _NO_STATE),
    **dict.fromkeys(("workspace", "context", "env", "use", "login", "auth"), _WHERE),
    **dict.fromkeys(("token", "secret", "secrets"), "`fused-spec tokens list` shows the tokens, and never a value"),
    **dict.fromkeys(
        ("new", "scaffold"), "`fused-spec init DIR` begins a project, `fused-spec add job NAME` adds to it"
    ),
    **dict.fromkeys(("server", "service", "daemon", "dev"), "`fused-spec serve` is the embedded service"),
    "version": "`fused-spec --version` prints the version",
}
"""For a word in place of a command."""

OPTIONS: Mapping[str, str] = {
    **dict.fromkeys(("--dry-run", "--dryrun", "-n", "--check", "--diff", "--preview", "--plan-only", "--noop"), _LOOK),
    **dict.fromkeys(("--auto-approve", "--autoapprove", "--approve", "--no-input", "--non-interactive"), _ANSWERS),
    **dict.fromkeys(("--assume-yes", "--no-confirm", "--confirm"), _ANSWERS),
    **dict.fromkeys(("--force", "--force-rerun", "--recreate", "--replace", "--overwrite", "--restart"), _LOOK),
    **dict.fromkeys(("--destroy", "--delete", "--purge", "--remove", "--cascade", "--grace-period"), _GONE),
    **dict.fromkeys(("-f", "--filename", "--file"), "Name the file or the folder alone: `fused-spec plan specs/`"),
    **dict.fromkeys(("-k", "--kustomize", "-R", "--recursive"), "A folder is read with everything below it"),
    **dict.fromkeys(("--tail", "--follow", "--watch", "-w", "--wait", "--detach-logs"), _FOLLOW),
    **dict.fromkeys(("-d", "--detach", "--background", "--async"), "`--no-wait` ends `apply` once all is started"),
    **dict.fromkeys(("--json", "-o", "--format", "--yaml", "--json-output"), _FORM),
    **dict.fromkeys(("--var", "--var-file", "--set", "-e", "--env", "--env-file", "--values", "--param"), _VALUES),
    **dict.fromkeys(("--refresh", "--refresh-only", "--no-refresh"), _ALWAYS_READ),
    **dict.fromkeys(("--state", "--backend", "--backend-config", "--lock", "--no-lock"), _NO_STATE),
    **dict.fromkeys(("--context", "--namespace", "--workspace", "--profile", "--region", "--cluster"), _WHERE),
    **dict.fromkeys(
        ("-t", "--tags", "--filter", "--only", "--name", "--selector", "-l"), "`--select NAME` takes one job"
    ),
    **dict.fromkeys(("-v", "--debug", "--log-level"), "`--verbose` says what is done on the way"),
    **dict.fromkeys(("-q", "--silent"), "`--quiet` leaves only results and problems"),
    **dict.fromkeys(("-V", "-version"), "`fused-spec --version` prints the version"),
    **dict.fromkeys(("--no-color", "--no-colour", "-no-color"), "`--color never` writes without colours"),
    **dict.fromkeys(
        ("--parallel", "--jobs", "-j", "--concurrency"), "See `--max-running` in `fused-spec apply --help`"
    ),
    **dict.fromkeys(("--limit", "--count", "--max-count"), "`fused-spec jobs -n N` lists so many runs"),
    **dict.fromkeys(("--previous", "-p"), "`fused-spec logs NAME --attempt N` is the log of an earlier attempt"),
    **dict.fromkeys(("-out", "--save", "--out-file"), "`fused-spec plan specs/ --out FILE` keeps a plan"),
    "--help-all": _HELP,
    "--version": "`fused-spec --version` prints the version",
}
"""For an option that a command does not have; one that a command has is never looked up here."""


class Guided(click.Group):
    """A group of commands that says what to type in place of a word that is none of them."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        word = args[0]
        if self.get_command(ctx, word) is None and not word.startswith("-"):
            raise click.UsageError(about_command(word, self.list_commands(ctx)), ctx)
        return super().resolve_command(ctx, args)


def guided(error: click.ClickException) -> click.ClickException:
    """The same problem with a next step that is safe, where it is an option that nobody knows."""
    if not isinstance(error, click.NoSuchOption):
        return error
    known: Iterable[str] = ()
    if error.ctx is not None:
        known = [name for option in error.ctx.command.params for name in option.opts]
    return click.UsageError(about_option(error.option_name, known), error.ctx)


def about_command(word: str, known: Iterable[str]) -> str:
    """What is said of a word in place of a command; `known` are the commands that there are."""
    return _sentence(f"No such command {word!r}.", COMMANDS.get(word.lower()) or _meant(word, set(known) - _ACTING))


def about_option(word: str, known: Iterable[str]) -> str:
    """What is said of an option that a command does not have; `known` are those that it has."""
    name = word.partition("=")[0]
    advice = OPTIONS.get(name) or OPTIONS.get(name.lower())
    return _sentence(f"No such option {word!r}.", advice or _meant(name, set(known) - SPENDING))


def _meant(word: str, safe: Iterable[str]) -> str:
    from fused_spec.messages.diagnostics import nearest

    close = nearest(word, safe)
    return f'Did you mean "{close}"' if close else "`--help` lists what there is"


def _sentence(problem: str, advice: str) -> str:
    return f"{problem} {advice}{'?' if advice.startswith('Did you') else '.'}"
