"""Run an ingestion: as one task, or on a cluster, when there is much to read, as many."""

import json
import pickle
import shutil
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from enum import IntEnum
from functools import partial
from pathlib import Path
from typing import ClassVar

from fused_spec.configuration.storage_url import storage_errors, trouble_with
from fused_spec.engine.failures import StepFailed
from fused_spec.engine.ingest.account import Account, lines
from fused_spec.engine.ingest.alone import ingest
from fused_spec.engine.ingest.common.budget import LOT_BYTES
from fused_spec.engine.ingest.common.notes import named
from fused_spec.engine.ingest.geospatial import geospatial
from fused_spec.engine.ingest.ingestion import Ingestion
from fused_spec.engine.ingest.inputs.files import drop_copies
from fused_spec.engine.ingest.nongeospatial import nongeospatial
from fused_spec.engine.ingest.reading.gdal.drivers import only_plain_files
from fused_spec.engine.ingest.reading.source import Lot
from fused_spec.engine.ingest.spreading.sharing import shared_tables
from fused_spec.engine.ingest.spreading.stages import Spread
from fused_spec.engine.processes.confinement import is_closed_to_new, why_refused
from fused_spec.engine.processes.guard import memory_allowed
from fused_spec.engine.processes.mapping import Engine, Task
from fused_spec.engine.processes.packing import TaskOutcome
from fused_spec.engine.processes.task_process import Answer
from fused_spec.engine.reporting.log import LogWriter
from fused_spec.engine.storage import Remote, Root, lies_in, place_of, resolved
from fused_spec.jobs.folder import JobDir, Result, result_content
from fused_spec.wire import PartitionGeospatialStep, PartitionNongeospatialStep

IngestionStep = PartitionGeospatialStep | PartitionNongeospatialStep


@dataclass(frozen=True, slots=True, kw_only=True)
class Lots:
    """An ingestion that is worth many tasks, and the lots in which its inputs are read."""

    ingestion: Ingestion
    lots: Sequence[Lot]


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """The first task: it opens the inputs, and ingests them unless they are worth more tasks than one.

    Those are of about `lot_bytes` each; None: it ingests whatever there is.
    """

    keeps_files: ClassVar[bool] = True
    step: IngestionStep
    storage: Root
    job_id: str
    lot_bytes: int | None

    @property
    def outputs(self) -> list[Path]:
        """Where the tables are made: each beside its place."""
        return [place.parent for _, place in self._places]

    @property
    def _places(self) -> list[tuple[str, Path]]:
        """The outputs on this machine, as they are named and where they are."""
        urls = [url for url in (self.step.output, self.step.output_metadata) if url is not None]
        places = [(url, _place_if_any(url, self.storage)) for url in urls]
        return [(url, place) for url, place in places if place is not None]

    def __call__(self, index: int) -> TaskOutcome:
        return _outcome(index, lambda: pickle.dumps(self._start()), self.storage)

    def _start(self) -> Account | Lots:
        self._refuse_places()
        ingestion = self._opened()
        if self.lot_bytes is not None and self._is_worth_lots(ingestion):
            drop_copies()
            return Lots(ingestion=ingestion, lots=ingestion.source.lots(self.lot_bytes))
        return ingest(ingestion, memory_allowed())

    def _opened(self) -> Ingestion:
        if isinstance(self.step, PartitionGeospatialStep):
            return geospatial(self.step, self.storage, self.job_id)
        return nongeospatial(self.step, self.storage, self.job_id)

    def _refuse_places(self) -> None:
        """Say so before anything is read where no table can be made beside its place."""
        for url, place in self._places:
            if is_closed_to_new(place.parent):
                raise StepFailed(
                    f"output {url} cannot be made: {place.parent} holds what no job may write to, the state of the "
                    "service or the specs, so nothing new is made directly in it; name a folder further down, such as "
                    f"file://{place.parent}/tables/{place.name}, or fd://{place.name}"
                )

    def _is_worth_lots(self, ingestion: Ingestion) -> bool:
        """Whether there is much to read, and the tables go where all machines see them."""
        storage = self.storage.resolve() if isinstance(self.storage, Path) else self.storage
        shared = all(lies_in(place, storage) for place in ingestion.outputs.places)
        return shared and ingestion.source.size > (self.lot_bytes or 0)


class Stage(IntEnum):
    """What an ingestion in many tasks does, one after the other."""

    SURVEY = 0
    LAY_OUT = 1
    SCATTER = 2
    SUM_UP = 3
    GATHER = 4
    FINISH = 5

    def tasks(self, numbers: Iterable[int] = (0,)) -> list[int]:
        """The numbers that the tasks of this stage have among those of all stages."""
        return [number * len(Stage) + self for number in numbers]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stages:
    """All tasks of an ingestion but the first: one object, so that processes that have it go from stage to stage."""

    keeps_files: ClassVar[bool] = True
    spread: Spread

    @property
    def outputs(self) -> list[Path]:
        """Where the tables are made: each beside its place."""
        return [place.parent for place in self.spread.ingestion.outputs.places if isinstance(place, Path)]

    def __call__(self, index: int) -> TaskOutcome:
        number, which = divmod(index, len(Stage))
        return _outcome(index, partial(self._run, Stage(which), number), self.spread.exchange.place)

    def _run(self, which: Stage, number: int) -> bytes:
        self.spread.exchange.check()
        match which:
            case Stage.SURVEY:
                self.spread.survey(number)
            case Stage.LAY_OUT:
                return str(self.spread.lay_out()).encode()
            case Stage.SCATTER:
                self.spread.scatter(number)
            case Stage.SUM_UP:
                self.spread.sum_up()
            case Stage.GATHER:
                self.spread.gather(number)
            case Stage.FINISH:
                return json.dumps(self.spread.finish()).encode()
        return b""


def run_ingestion(
    step: IngestionStep, storage: Root, job_id: str, *, engine: Engine, job: JobDir, log: LogWriter
) -> Account:
    """Carry out an ingestion in tasks of the engine, and account for it; raises `StepFailed`."""
    tasks = _Tasks(engine=engine, job=job, log=log, inputs=named(step.input))
    lot_bytes = LOT_BYTES if engine.is_cluster else None
    [answer] = tasks.answers(Opening(step=step, storage=storage, job_id=job_id, lot_bytes=lot_bytes), [0])
    opened = pickle.loads(answer)  # noqa: S301  # a task of ours made it
    account = _spread_out(opened, storage, job_id, tasks) if isinstance(opened, Lots) else opened
    for line in lines(account):
        log.write(line)
    return account


def _spread_out(opened: Lots, storage: Root, job_id: str, tasks: "_Tasks") -> Account:
    try:
        with shared_tables(opened.ingestion.outputs, job_id) as exchange:
            spread = Spread(ingestion=opened.ingestion, lots=opened.lots, exchange=exchange)
            return _stage_by_stage(spread, tasks)
    except storage_errors() as error:
        raise StepFailed(_words(error, storage)) from error


@dataclass(frozen=True, slots=True, kw_only=True)
class _Tasks:
    """Where the tasks of an ingestion run; what they answer passes through a folder below that of the job."""

    engine: Engine
    job: JobDir
    log: LogWriter
    inputs: str

    def answers(self, task: Task, numbers: Sequence[int]) -> list[bytes]:
        """What the tasks answer, in their order; raises `StepFailed` at the first that fails."""
        kept = JobDir(self.job.path / "answers")
        kept.results.mkdir(parents=True)
        answers = {}
        with closing(
            self.engine.map(task, numbers, at_once=None, folder=kept.results, log=self.log, look=lambda _: None)
        ) as batches:
            for done in (one for batch in batches for one in batch):
                if done.answer.error is not None:
                    raise StepFailed(self._told(done.answer))
                answers[done.index] = result_content(kept, Result.from_json(json.loads(done.answer.record)))
        shutil.rmtree(kept.path)
        return [answers[number] for number in numbers]

    def _told(self, answer: Answer) -> str:
        """Why a task failed; one that left no record could not say itself what it was reading."""
        return str(answer.error) if answer.record else f"{answer.error}; it was at work on {self.inputs}"


def _stage_by_stage(spread: Spread, tasks: _Tasks) -> Account:
    """Do all tasks."""
    stages, lots = Stages(spread=spread), range(len(spread.lots))
    tasks.answers(stages, Stage.SURVEY.tasks(lots))
    [files] = tasks.answers(stages, Stage.LAY_OUT.tasks())
    tasks.answers(stages, Stage.SCATTER.tasks(lots))
    tasks.answers(stages, Stage.SUM_UP.tasks())
    tasks.answers(stages, Stage.GATHER.tasks(range(int(files))))
    [answer] = tasks.answers(stages, Stage.FINISH.tasks())
    account: Account = json.loads(answer)
    return account


def _outcome(index: int, run: Callable[[], bytes], storage: Root) -> TaskOutcome:
    only_plain_files()  # this is a task, which runs in a process of its step
    try:
        return TaskOutcome(index=index, error=None, name="answer", content=run())
    except StepFailed as failure:
        return TaskOutcome(index=index, error=str(failure))
    except storage_errors() as error:
        return TaskOutcome(index=index, error=_words(error, storage))


def _place_if_any(url: str, storage: Root) -> Path | None:
    """The place on this machine that an output names; the task itself says what is wrong with one that names none."""
    with suppress(StepFailed):
        place = resolved(place_of(url, storage))
        return place if isinstance(place, Path) else None
    return None


def _words(error: Exception, storage: Root) -> str:
    local = isinstance(error, OSError) and error.filename
    if isinstance(storage, Remote) and not local:
        return trouble_with(storage.root, error)
    strerror = error.strerror if isinstance(error, OSError) else None
    refused = why_refused(error)
    return f"{local or 'the output'}: {strerror or error}" + (f"; {refused}" if refused else "")
