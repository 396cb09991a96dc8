"""Find the run that a name or a job id means: in the service's history, else in the archive."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from msgspec import Struct, field

from fused_spec.cli.targets.memory import cancels_of, kept_at, open_markers
from fused_spec.cli.targets.secrets import secrets_to_mask
from fused_spec.cli.terminal.context import Context
from fused_spec.configuration.secret_values import SecretReader
from fused_spec.configuration.settings import Target
from fused_spec.errors import FusedSpecError
from fused_spec.jobs.status import RunStatus
from fused_spec.messages.named_secrets import names_of as secrets_named_in
from fused_spec.messages.redaction import Redactor, redact

if TYPE_CHECKING:
    from fused_spec.api.reading import FusedReader
    from fused_spec.api.values.objects import JobResponse
    from fused_spec.configuration.service_identity import ServiceIdentity
    from fused_spec.reconcile.archive.cancels import Cancels
    from fused_spec.reconcile.archive.folders import Archive
    from fused_spec.reconcile.archive.receipt import Receipt
    from fused_spec.reconcile.history.markers import Markers
    from fused_spec.reconcile.journal.intents import Journal
    from fused_spec.reconcile.marking.marker import Marker
    from fused_spec.spec.model import Project
    from fused_spec.spec.relations.moves import Moves

_JOB_ID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


class Surroundings(Struct, frozen=True, kw_only=True):
    """The project of the current folder in the environment of its target, and a client of that.

    `mask` keeps out what of its `secrets` can be had.
    """

    project: "Project"
    target: Target
    service: "ServiceIdentity"
    api: "FusedReader"
    archive: "Archive"
    journal: "Journal"
    cancels: "Cancels"
    moves: "Moves"
    mask: Redactor = redact
    secrets: SecretReader = field(default_factory=SecretReader)

    def unmasked(self, found: "FoundRun") -> tuple[str, ...]:
        """The secrets that a run was started with, and whose values cannot be had, so that nothing masks them."""
        env = found.marker.settings.get("additional_env") if found.marker is not None else None
        return self.secrets.unread(secrets_named_in(env)) if isinstance(env, Mapping) else ()


class FoundRun(Struct, frozen=True, kw_only=True):
    """A run by its id, with what its marker tells; `receipt` when it is archived."""

    job_id: str
    name: str
    marker: "Marker | None" = None
    receipt: "Receipt | None" = None
    created: datetime | None = None
    in_history: bool = True
    by_id: bool = False


def surroundings(context: Context) -> Surroundings:
    """What a command needs that names no specs; raises `SpecError` when the project file is invalid."""
    from fused_spec.api.reading import FusedReader
    from fused_spec.cli.targets.target import connect, find_target
    from fused_spec.spec.relations.moves import Moves

    project = current_project(context)
    target = find_target(context, project)
    kept = kept_at(context, project, target)
    secrets = secrets_to_mask(context, project, target)
    return Surroundings(
        project=kept.project,
        target=target,
        service=kept.service,
        api=connect(FusedReader, target, context, project),
        archive=kept.archive,
        journal=kept.journal,
        cancels=cancels_of(kept),
        mask=Redactor(secrets.readable()),
        secrets=secrets,
        moves=Moves(recorded=kept.moves.all()),
    )


def current_project(context: Context) -> "Project":
    """The project of the current folder."""
    from fused_spec.cli.targets.target import with_state
    from fused_spec.errors import SpecError
    from fused_spec.spec.project.project_file import find_project

    project, problems = find_project(context.cwd, cwd=context.cwd)
    if any(problem.is_error for problem in problems):
        raise SpecError(problems)
    return with_state(project, context)


def marked_jobs(around: Surroundings, jobs: "list[JobResponse]") -> "Iterator[tuple[JobResponse, Marker | None]]":
    """Each job with its marker, read as far as somebody asks."""
    from fused_spec.reconcile.history.markers import in_batches

    markers = open_markers(around.api, around.project, around.target, around.service)
    for batch in in_batches(jobs):
        yield from zip(batch, markers.read(batch), strict=True)


def find_run(around: Surroundings, name_or_id: str, *, attempt: int | None = None, good: bool = False) -> FoundRun:
    """The run with this id, or the newest run (of this attempt, or that succeeded) of the job with this name.

    Raises `FusedSpecError` when neither the history nor the archive knows it.
    """
    if is_job_id(name_or_id):
        return _by_id(around, name_or_id)
    return _by_name(around, name_or_id.removeprefix("Job/"), attempt, good=good)


def is_job_id(text: str) -> bool:
    """Whether this is the id of a run, and no name."""
    return _JOB_ID.fullmatch(text) is not None


def _by_id(around: Surroundings, job_id: str) -> FoundRun:
    from fused_spec.api.errors import ApiError
    from fused_spec.reconcile.marking.marker import marker_in

    receipt = next(iter(around.archive.find(job_id)), None)
    try:
        marker = marker_in(around.api.get_job_metadata(job_id))
    except ApiError as error:
        if not error.is_gone:
            raise
        if receipt is None:
            raise FusedSpecError(
                f"the service knows no run {job_id}, and neither does the archive", hint="`fused-spec jobs` lists runs"
            ) from None
        return FoundRun(job_id=job_id, name=receipt.key.name, receipt=receipt, in_history=False, by_id=True)
    name = marker.key.name if marker else job_id
    return FoundRun(job_id=job_id, name=name, marker=marker, receipt=receipt, by_id=True)


class _Newest:
    """Takes in the history down to the newest run of a job, and on to where no run is that it may be a copy of.

    `names` are those that the job has and had, `known` those of the project that were met.
    """

    def __init__(
        self, markers: "Markers", scope: str, names: Collection[str], attempt: int | None, *, good: bool
    ) -> None:
        self._markers = markers
        self._good = good
        self._scope = scope
        self._names = names
        self._attempt = attempt
        self.known: set[str] = set()
        self.met: tuple[JobResponse, Marker] | None = None

    def take(self, lines: "Sequence[JobResponse]") -> bool:
        from fused_spec.reconcile.history.markers import in_batches
        from fused_spec.reconcile.marking.copies import COPIED_AFTER

        for batch in in_batches(lines):
            for job, marker in zip(batch, self._markers.read(batch), strict=True):
                if self.met is not None and self.met[0].creation_date - job.creation_date > COPIED_AFTER:
                    return False
                self._note(job, marker)
        return True

    def _note(self, job: "JobResponse", marker: "Marker | None") -> None:
        from fused_spec.reconcile.history.statuses import listed_status
        from fused_spec.reconcile.marking.copies import is_late

        if marker is None or marker.scope != self._scope or is_late(marker, job.creation_date):
            return
        self.known.add(marker.key.name)
        is_wanted = marker.key.name in self._names and self._attempt in (None, marker.attempt)
        if is_wanted and self._good and listed_status(job) not in (None, RunStatus.SUCCEEDED):
            return
        # Of runs with one mark the first is the one that was meant.
        if is_wanted if self.met is None else self.met[1].nonce == marker.nonce:
            self.met = (job, marker)


def _by_name(around: Surroundings, name: str, attempt: int | None, *, good: bool) -> FoundRun:
    from fused_spec.messages.diagnostics import nearest
    from fused_spec.reconcile.history.listing import read_down

    names = names_of(around.moves, name)
    markers = open_markers(around.api, around.project, around.target, around.service)
    looked = read_down(around.api, lambda: _Newest(markers, around.project.scope, names, attempt, good=good))
    known = looked.known
    if looked.met is not None:
        job, marker = looked.met
        receipt = next(iter(around.archive.find(job.id)), None)
        return FoundRun(job_id=job.id, name=name, marker=marker, receipt=receipt, created=job.creation_date)
    receipts = [one for each in names for one in around.archive.find(each) if attempt in (None, one.attempt)]
    receipts = [one for one in receipts if not good or one.status is RunStatus.SUCCEEDED]
    if receipts:
        newest = max(receipts, key=lambda one: one.created)
        return FoundRun(job_id=newest.job_id, name=name, receipt=newest, in_history=False)
    known |= around.archive.names()
    if attempt is not None and name in known:
        raise FusedSpecError(
            f"no attempt {attempt} of {name} is known to {around.target.name}",
            hint="`fused-spec jobs` lists runs and their attempts",
        )
    meant = nearest(name, known)
    raise FusedSpecError(
        f'no run of a job named "{name}" is known to {around.target.name}',
        hint=f'did you mean "{meant}"?' if meant else "`fused-spec jobs` lists runs, `fused-spec apply` starts them",
    )


def names_of(moves: "Moves", name: str) -> "frozenset[str]":
    """The name, and those that the same job has and had, as applies wrote down."""
    from fused_spec.spec.model import Key, Kind

    newest = moves.key_of(Key(kind=Kind.JOB, name=name))
    return frozenset({name, *(key.name for key in moves.names_of(newest))})
