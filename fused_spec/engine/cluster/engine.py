"""Run tasks on a Dask cluster whose workers have this package installed, and nothing else of ours.

One small batch of tasks is one Dask task. Dask redoes what was on a worker that is lost; a task that is there each time
when a worker is lost fails in the end. Results come back to this process, which keeps them as its own.
"""

import pickle
import time
from collections import deque
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

from distributed import CancelledError, Client, Future, KilledWorker, wait
from distributed.security import Security

from fused_spec.engine.cluster.task_host import HostedJob
from fused_spec.engine.cluster.worker import Batch, Ended, Sealed, run_batch
from fused_spec.engine.failures import StepFailed
from fused_spec.engine.processes.guard import OverLimit, WorkerLimits
from fused_spec.engine.processes.mapping import Task
from fused_spec.engine.processes.packing import Pack, TaskOutcome
from fused_spec.engine.processes.quarters import Quarters
from fused_spec.engine.processes.telling import Done, Log, Look, Running
from fused_spec.jobs.folder import now_ms

_CONNECT_SECONDS = 20
_WORKERLESS_LOOKS = 12  # looks at a cluster without workers, 5 seconds apart, before it is given up
_LOOK_SECONDS = 5
_TELL_SECONDS = 1
_BATCH_SECONDS = 0.25
_LARGEST_BATCH = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class Dask:
    """A cluster, by the address of its scheduler; `env` is what tasks find in their environment beside the worker's.

    `quarters` are as on this machine, but for the scratch.

    `pem` is the file with the certificate and key of a cluster of ours; another's are in Dask's own configuration.
    """

    is_cluster: ClassVar[bool] = True
    address: str
    limits: WorkerLimits
    quarters: Quarters
    pem: str | None = None
    env: Mapping[str, str] = field(default_factory=dict, repr=False)

    def map(
        self, task: Task, tasks: Sequence[int], *, at_once: int | None, folder: Path, log: Log, look: Look
    ) -> Generator[list[Done]]:
        """See `Engine`; what a task printed comes to the log when its batch has ended."""
        job = Sealed(pickle.dumps(HostedJob(task=task, env=dict(self.env), quarters=self.quarters)))
        pack = Pack(folder)
        with _connected(self.address, self.pem) as client:
            for batch in _Lot(client, job, self.limits, tasks, at_once, look).run():
                log.write_parts(batch.lines)
                log.flush()
                yield [_done(ended, pack) for ended in batch.ended]
                if batch.over_limit is not None:
                    raise OverLimit(batch.over_limit, task=batch.lost)


class _Lot:
    """The tasks of one step, and the batches that are under way; when the client closes, Dask forgets them."""

    def __init__(
        self, client: Client, job: Sealed, limits: WorkerLimits, tasks: Sequence[int], at_once: int | None, tell: Look
    ) -> None:
        self._client = client
        self._tell = tell
        self._limits = limits
        # A task of its own, so that a lost worker takes nothing along that could not be made again.
        self._job = client.submit(Sealed, job, pure=False)
        self._left = deque(tasks)
        self._alone: deque[int] = deque()
        self._at_once = at_once
        self._running: dict[Future, list[int]] = {}  # in the order in which they were handed out
        self._since: dict[Future, int] = {}
        self._looked = 0.0
        self._mean_seconds = _BATCH_SECONDS
        self._threads = 0
        self._workerless = 0

    def run(self) -> Iterator[Batch]:
        self._look()
        while self._left or self._alone or self._running:
            self._hand_out()
            self._tell(self._at_work())
            for future in self._ended():
                self._since.pop(future, None)
                yield self._batch(future, self._running.pop(future))
        self._tell(())

    def _at_work(self) -> list[Running]:
        """The first task of each batch that a worker is likely at: those handed out first, one for each thread.

        To ask the scheduler would cost more than it tells: it knows neither the task in a batch nor when that began.
        """
        first = list(self._running.items())[: self._threads]
        return [Running(tasks[0], self._since.setdefault(future, now_ms()), "") for future, tasks in first]

    def _look(self) -> None:
        """See how large the cluster is; raises `StepFailed` when it has had no worker for a minute."""
        self._looked = time.monotonic()
        self._threads = sum(self._client.nthreads().values())
        self._workerless = 0 if self._threads else self._workerless + 1
        if self._workerless > _WORKERLESS_LOOKS:
            raise StepFailed(
                "the Dask cluster has no workers; start some with `dask worker ADDRESS`, and run this again"
            )

    def _hand_out(self) -> None:
        """Keep every thread busy, and one batch ahead unless the step limits what runs at once."""
        room = self._at_once or 2 * max(1, self._threads)
        while len(self._running) < room and (batch := self._next_batch(room)):
            self._running[self._client.submit(run_batch, self._job, self._limits, batch, pure=False)] = batch

    def _next_batch(self, room: int) -> list[int]:
        if self._alone:
            return [self._alone.popleft()]
        share = -(-len(self._left) // (2 * room))
        size = max(1, min(int(_BATCH_SECONDS / max(self._mean_seconds, 1e-6)), _LARGEST_BATCH, share))
        return [self._left.popleft() for _ in range(min(size, len(self._left)))]

    def _ended(self) -> list[Future]:
        try:
            wait(list(self._running), timeout=_TELL_SECONDS, return_when="FIRST_COMPLETED")
        except TimeoutError:
            if time.monotonic() - self._looked >= _LOOK_SECONDS:
                self._look()
        except CancelledError:
            raise StepFailed("the Dask scheduler has ended or has lost this job; look at its log") from None
        return [future for future in self._running if future.done()]

    def _batch(self, future: Future, tasks: list[int]) -> Batch:
        try:
            batch: Batch = future.result()
        except KilledWorker as error:
            return self._without_workers(tasks, error)
        except CancelledError:
            raise StepFailed("the Dask scheduler has ended or has lost this job; look at its log") from None
        # Whatever a worker raises here is not the task's doing: that would be an outcome.
        except Exception as error:
            raise StepFailed(
                f"a Dask worker cannot run tasks: {type(error).__name__}: {error}; "
                "every worker needs the fused-spec that serves, with its extra dask"
            ) from error
        mean = sum(one.seconds for one in batch.ended) / max(1, len(batch.ended))
        self._mean_seconds = (self._mean_seconds + mean) / 2
        return batch

    def _without_workers(self, tasks: list[int], error: KilledWorker) -> Batch:
        """Several workers were lost under these tasks: find the one that does it, and let it fail."""
        if len(tasks) > 1:
            self._alone.extend(tasks)
            return Batch(ended=[], lines=[])
        number = error.allowed_failures + 1
        lost = f"{number} worker{' was' if number == 1 else 's were'} lost while it ran; it may need more memory"
        return Batch(ended=[Ended(outcome=TaskOutcome(index=tasks[0], error=lost))], lines=[])


def _done(ended: Ended, pack: Pack) -> Done:
    return Done(ended.outcome.index, ended.seconds, pack.keep(ended.outcome), ended.facts)


@contextmanager
def _connected(address: str, pem: str | None) -> Iterator[Client]:
    try:
        security = pem and Security(require_encryption=True, tls_ca_file=pem, tls_client_cert=pem, tls_client_key=pem)
        client = Client(address, timeout=_CONNECT_SECONDS, security=security)
    except TypeError:  # by which distributed says that it has no certificate
        raise StepFailed(
            f"the Dask scheduler at {address} needs a certificate; see distributed.comm.tls in Dask's configuration"
        ) from None
    except (OSError, ValueError, TimeoutError) as error:
        raise StepFailed(
            f"no Dask scheduler answers at {address} ({error}); start it, or serve with another --engine"
        ) from None
    try:
        yield client
    finally:
        client.close(timeout=_LOOK_SECONDS)
