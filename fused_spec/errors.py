"""The exception tree; each class carries its exit code, and its docstring says when it is raised.

    FusedSpecError                    1
    ├── JobFailed                     1
    ├── Misconfigured                 2
    ├── SpecError                     3   holds every diagnostic
    ├── WaitTimeout                   5   also a TimeoutError
    ├── StalePlan                     6
    ├── Locked                        7
    ├── ServiceError                  8   api.errors derives the HTTP ones
    │   ├── ServiceUnreachable        8
    │   └── CredentialsError          8
    ├── ArchiveError                  8
    ├── OutcomeUnknown                9
    ├── Bug                          70
    ├── FileTrouble                  74
    └── Interrupted                 130

Problems in what a person wrote are values (`diagnostics`), gathered and shown together; an exception
here ends a command. Exactly one place catches the base: `cli.main`.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fused_spec.messages.diagnostics import Diagnostic

EXIT_OK = 0
EXIT_NOT_WELL = 1
EXIT_USAGE = 2
EXIT_CHANGES = 4
EXIT_BUG = 70


class FusedSpecError(Exception):
    """An expected failure: `str(error)` says what and why, `hint` the next step."""

    exit_code = 1

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.hint = hint


class JobFailed(FusedSpecError):
    """A job ended as failed, was cancelled, or is held."""


class Misconfigured(FusedSpecError):
    """A flag, a variable or the project file asks for what there is not, or what cannot be had now."""

    exit_code = EXIT_USAGE


class SpecError(FusedSpecError):
    """The specs are invalid; nothing was sent anywhere. Where one is `strict`, a warning makes them so, too."""

    exit_code = 3

    def __init__(self, diagnostics: "Sequence[Diagnostic]", *, strict: bool = False) -> None:
        count = sum(diagnostic.invalidates(strict=strict) for diagnostic in diagnostics)
        warned = not any(diagnostic.is_error for diagnostic in diagnostics)
        what = ("warning" if warned else "problem") + ("" if count == 1 else "s")
        super().__init__(f"{count} {what} in the specs", hint="--strict takes warnings for errors" if warned else None)
        self.diagnostics, self.strict = tuple(diagnostics), strict


class WaitTimeout(FusedSpecError, TimeoutError):
    """Waiting took longer than allowed; the runs go on."""

    exit_code = 5


class StalePlan(FusedSpecError):
    """The world moved between planning and acting."""

    exit_code = 6


class Locked(FusedSpecError):
    """Another apply works on the same project and target."""

    exit_code = 7


class ServiceError(FusedSpecError):
    """The service answered with an error, or not at all.

    `sent` is False when the request certainly had no effect, and None when nobody can know. `passes` tells whether the
    same may go well a little later, and `retry_after` after how many seconds the service itself says so.
    """

    exit_code = 8
    sent: bool | None = None
    passes = True
    retry_after: float | None = None


class ServiceUnreachable(ServiceError):
    """Nothing answers at the base URL."""


class CredentialsError(ServiceError):
    """Credentials are missing, expired, malformed or refused."""

    passes = False


class ArchiveError(FusedSpecError):
    """The place where receipts, logs and attempts are kept cannot be used: login, network, bucket, rights, room."""

    exit_code = 8


class OutcomeUnknown(FusedSpecError):
    """A start could not be settled: it may or may not have reached the service, or what came of it was not noted.

    `job_id` is the run, where one is known.
    """

    exit_code = 9
    job_id: str | None = None


class FileTrouble(FusedSpecError):
    """A file of the command's own cannot be read or written: a result, a plan, a sink, the state folder."""

    exit_code = 74  # EX_IOERR, as sysexits.h has it

    @classmethod
    def of(cls, error: OSError) -> "FileTrouble":
        """What the system said, with the path where that is known."""
        said = error.strerror or str(error) or type(error).__name__
        told = f"{error.filename}: {said}" if error.filename else said
        return cls(told, hint="look at the path, its rights and the disk")


class Bug(FusedSpecError):
    """Something that no input should cause; the report has the traceback."""

    exit_code = EXIT_BUG


class Interrupted(FusedSpecError):
    """A person or the system asked the command to stop; runs go on."""

    exit_code = 130
