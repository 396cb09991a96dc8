"""Which outputs a word means: a job's newest good run, a run by its id, or what lies at an address."""

import re
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from msgspec import Struct

from fused_spec.api.errors import ApiError
from fused_spec.cli.runs.lookup import FoundRun, Surroundings, find_run
from fused_spec.engine.outputs.kinds import suffix_of
from fused_spec.engine.outputs.model import Content, File, Output, UnreadableOutput
from fused_spec.errors import FusedSpecError, ServiceError
from fused_spec.jobs.status import RunStatus

if TYPE_CHECKING:
    from fused_spec.api.reading import FusedReader
    from fused_spec.api.values.results import JobResult
    from fused_spec.wire import FileDetails, JobConfig

ADDRESS = "://"
_SAMPLE = "_sample"
_HIDDEN = ("_", ".")
_ODD = re.compile(r"[^\w.=+-]+")
_LONGEST_NAME = 100


class Found(Struct, frozen=True, kw_only=True):
    """The outputs that were meant, and of what they are; `last_step` is the one whose tasks made the results of a run.

    `notes` are for a person: of a run that is not the newest, or that did not end well.
    """

    name: str
    outputs: tuple[Output, ...]
    run: FoundRun | None = None
    last_step: int = 0
    notes: tuple[str, ...] = ()

    @property
    def file_name(self) -> str:
        """What a file about them may be called."""
        return _ODD.sub("-", self.name).strip("-.")[-_LONGEST_NAME:] or "results"


def find_outputs(around: Surroundings, word: str) -> Found:
    """What a word means; raises `FusedSpecError` where nothing of that name is known, or is there any more."""
    if ADDRESS in word:
        outputs = outputs_at(around.api, word)
        if not outputs:
            raise FusedSpecError(f"nothing lies at {word}", hint=f"`fused-spec results {_above(word)}` lists what does")
        return Found(name=word, outputs=outputs)
    found, notes = _good_run(around, word)
    return outputs_of(around, found, notes)


def outputs_of(around: Surroundings, found: FoundRun, notes: tuple[str, ...] = ()) -> Found:
    """The outputs of a run; raises `FusedSpecError` when the service has forgotten it."""
    if not found.in_history:
        raise FusedSpecError(
            f"the service has forgotten the run {found.job_id} of {found.name}, and its results with it",
            hint=f"its log and receipt are kept (`fused-spec show {found.job_id}`); `fused-spec apply --rerun "
            f"{found.name}` makes its results again",
        )
    config = around.api.get_job_config(found.job_id)
    known = found.marker or found.receipt
    if known is not None and known.part is not None:
        from fused_spec.cli.outputs.together import results_together

        results, more = results_together(around, found.job_id)
    else:
        results, more = results_of(around.api, found.job_id), ()
    outputs = (*results, *_tables_of(around.api, config, found.job_id))
    return Found(name=found.name, outputs=outputs, run=found, last_step=len(config.steps or ()), notes=(*notes, *more))


def _good_run(around: Surroundings, word: str) -> tuple[FoundRun, tuple[str, ...]]:
    """The run by its id, or the newest of a job that went well, and else the newest with what it has."""
    newest = find_run(around, word)
    if newest.by_id or _status(around, newest) is RunStatus.SUCCEEDED:
        return newest, ()
    how = _status(around, newest)
    try:
        good = find_run(around, word, good=True)
    except FusedSpecError:
        return newest, (f"no run of {newest.name} has succeeded: these are the results of one that is {how}",)
    return good, (f"the newest run of {good.name} is {how} ({newest.job_id}): these are of the newest that succeeded",)


def _status(around: Surroundings, found: FoundRun) -> RunStatus | None:
    from fused_spec.reconcile.history.statuses import status_of_run

    if found.in_history:
        return status_of_run(around.api.get_status(found.job_id), around.api.server_time)
    return None if found.receipt is None else found.receipt.status


def results_of(api: "FusedReader", job_id: str) -> list[Output]:
    """The stored results of one run; none of a service that keeps none."""
    try:
        return [output_of(result) for result in api.get_job_results(job_id)]
    except ApiError as error:
        if not error.lacks_the_call:
            raise
        return []


def output_of(result: "JobResult") -> Output:
    """A stored result as an output."""
    file = File(name=result.name, open=result.open)
    return Output(name=result.name, files=(file,), task=result.task, own_task=result.task, job_id=result.job_id)


def _tables_of(api: "FusedReader", config: "JobConfig", job_id: str) -> Iterator[Output]:
    """What the ingestions of a run wrote, where that is in the team's storage."""
    for step in config.steps or ():
        for address in (getattr(step, "output", None), getattr(step, "output_metadata", None)):
            if isinstance(address, str) and ADDRESS in address:
                for output in _written_at(api, address):
                    yield Output(
                        name=address,
                        files=output.files,
                        sample=output.sample,
                        job_id=job_id,
                        address=output.address,
                    )


def _written_at(api: "FusedReader", address: str) -> tuple[Output, ...]:
    """What a run wrote to an address; what is not there any more, or cannot be asked for, has that as its problem."""
    try:
        if found := outputs_at(api, address):
            return found
        problem: FusedSpecError = UnreadableOutput("nothing lies there: it was never written, or is gone")
    except ServiceError as error:
        problem = error
    return (Output(name=address, sample=_unreadable(address, problem), files=(), address=address.rstrip("/")),)


def _unreadable(name: str, problem: FusedSpecError) -> File:
    def fail() -> Content:
        raise problem

    return File(name=name, open=fail)


def outputs_at(api: "FusedReader", address: str) -> tuple[Output, ...]:
    """What lies at an address: a file, the one table of an ingestion, or the entries of a folder one by one."""
    entries = api.list(address, details=True)
    here = [entry for entry in entries if entry.url.rstrip("/") == address.rstrip("/") and not entry.is_directory]
    if here:
        return (_of_file(api, here[0]),)
    files = [entry for entry in entries if not entry.is_directory]
    samples = [entry for entry in files if entry.file_name == _SAMPLE]
    if samples:
        parts = [entry for entry in files if _is_part(entry.file_name)]
        output = Output(
            name=address.rstrip("/").rpartition("/")[2] or address,
            files=tuple(_file(api, entry) for entry in sorted(parts, key=_position)),
            sample=_file(api, samples[0]),
            address=address.rstrip("/"),
        )
        return (output,) if parts else (_of_file(api, samples[0]),)
    return tuple(
        Output(name=f"{entry.file_name.rstrip('/')}/", address=entry.url)
        if entry.is_directory
        else _of_file(api, entry)
        for entry in entries
    )


def _of_file(api: "FusedReader", entry: "FileDetails") -> Output:
    return Output(name=entry.file_name, files=(_file(api, entry),), address=entry.url)


def _file(api: "FusedReader", entry: "FileDetails") -> File:
    return File(name=entry.file_name, open=lambda: api.open_file(entry.url), size=entry.size)


def _is_part(name: str) -> bool:
    return not name.startswith(_HIDDEN) and suffix_of(name) in ("parquet", "pq")


def _position(entry: "FileDetails") -> tuple[bool, int, str]:
    """Files of a table are numbered as a rule: 2 comes before 10."""
    stem = PurePosixPath(entry.file_name).stem
    is_number = stem.isascii() and stem.isdecimal()
    return (not is_number, int(stem) if is_number else 0, entry.file_name)


def _above(address: str) -> str:
    """The folder in which something would lie."""
    scheme, _, rest = address.partition(ADDRESS)
    return f"{scheme}{ADDRESS}{rest.rstrip('/').rpartition('/')[0]}"
