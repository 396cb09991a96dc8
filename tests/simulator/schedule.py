"""One random schedule: a few applies of the same jobs, everything that may go wrong, and what must hold afterwards.

The code that decides is the project's own: recover, refresh, the planner, apply, the journal and the lease.
"""

import random
from bisect import bisect, insort
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cache, partial
from pathlib import Path
from typing import Any, BinaryIO, cast

from msgspec import structs

from fused_spec.errors import FusedSpecError, Locked
from fused_spec.jobs.status import RunStatus
from fused_spec.messages.diagnostics import Location
from fused_spec.plan.actions import Reason
from fused_spec.plan.model import History, PastRun, Plan, Requests
from fused_spec.plan.planner import make_plan
from fused_spec.reconcile.applying.apply import apply
from fused_spec.reconcile.applying.catch_up import catch_up
from fused_spec.reconcile.applying.events import Finished
from fused_spec.reconcile.applying.options import Options
from fused_spec.reconcile.applying.outcome import OutcomeStatus
from fused_spec.reconcile.applying.recover import recover
from fused_spec.reconcile.archive.folders import Archive
from fused_spec.reconcile.archive.record import elements_made
from fused_spec.reconcile.archive.spool import Spools
from fused_spec.reconcile.history.markers import Markers
from fused_spec.reconcile.history.memory import Memory
from fused_spec.reconcile.history.refresh import read_history
from fused_spec.reconcile.journal.intents import Journal
from fused_spec.reconcile.journal.moves import RecordedMoves
from fused_spec.reconcile.marking.renamed import renamed_run
from fused_spec.reconcile.site import Site, Timing, World, always
from fused_spec.reconcile.store.lease import Holder, Lease
from fused_spec.spec.model import DesiredJob, Key, Kind, OnChangeWhileRunning, OnFailure, Project, Resolution, RunPolicy
from fused_spec.spec.relations.moves import UNMOVED, Moves
from fused_spec.wire import JobConfig
from tests.simulator import maps, names, readers
from tests.simulator.kernel import Kernel, Pool, Process
from tests.simulator.service import EPOCH, Client, Faults, Job, Service

SCOPE, FOREIGN = "ours", "theirs"
LISTED_WITHIN = 13.0  # with the clocks' seconds; so little, that much of what is remembered is young
TIMING = Timing(visible=10.0, accepted=110.0, fresh=10.0, margin=20.0)
CONFIG = {"steps": [{"type": "udf", "udf": {"entrypoint": "udf", "code": "x"}}]}
OPTIONS = Options(poll=(2.0, 20.0), silence=3600.0, backoff=(10.0, 60.0))


_AFTER_SLASH = chr(ord("/") + 1)


class MemoryStore:
    """A store that survives the processes that use it; every call of it is a point where one may crash."""

    def __init__(self, kernel: Kernel) -> None:
        self._kernel = kernel
        self._files: dict[str, bytes] = {}
        self._sorted: list[str] = []

    def read(self, path: str) -> bytes | None:
        return self._files.get(path)

    def read_all(self, paths: Sequence[str]) -> dict[str, bytes]:
        return {path: self._files[path] for path in paths if path in self._files}

    def open(self, path: str) -> BinaryIO:
        raise FileNotFoundError(path)

    def write(self, path: str, content: bytes) -> None:
        self._kernel.pause(self._kernel.rng.random() * 0.1)
        self._keep(path, content)
        self._kernel.pause(0.0)

    def create(self, path: str, content: bytes) -> bool:
        self._kernel.pause(self._kernel.rng.random() * 0.1)
        if path in self._files:
            return False
        self._keep(path, content)
        return True

    def remove(self, path: str) -> None:
        if self._files.pop(path, None) is not None:
            self._sorted.remove(path)
        self._kernel.pause(0.0)

    def names(self, folder: str) -> list[str]:
        return self._sorted[bisect(self._sorted, f"{folder}/") : bisect(self._sorted, f"{folder}{_AFTER_SLASH}")]

    def listing(self, folder: str) -> dict[str, str | None]:
        return dict.fromkeys(self.names(folder))

    @contextmanager
    def staging(self) -> Iterator[Path]:
        raise AssertionError("nothing is staged here")
        yield

    def publish(self, staged: Path, folder: str, last: str) -> None:
        raise AssertionError("nothing is published here")

    def shown(self, path: str) -> str:
        return path

    def _keep(self, path: str, content: bytes) -> None:
        if path not in self._files:
            insort(self._sorted, path)
        self._files[path] = content


class NoSpools:
    """Stands where logs are gathered: the order of events does not depend on what they say."""

    def open(self, job_id: str, env: Any, secrets: Any = ()) -> "NoSpools":
        return self

    def redact(self, text: str) -> str:
        return text

    def read_on(self, api: Any, job_id: str) -> None:
        api.get_logs(job_id)

    def tasks(self, api: Any, job_id: str) -> None:
        api.save_job_tasks(job_id, Path())

    def whole(self, api: Any, job_id: str) -> None:
        api.get_logs(job_id)

    def remove(self) -> None:
        """Nothing was written."""


class Receipts:
    """Stands where the archive stands: what it keeps appears at once or not at all."""

    def __init__(self, kernel: Kernel, service: Service) -> None:
        self._kernel = kernel
        self._service = service
        self._kept: dict[str, PastRun] = {}
        self.early: list[str] = []

    def folder(self, key: Key, job_id: str) -> str:
        return job_id

    def kept(self) -> frozenset[str]:
        return frozenset(self._kept)

    def has(self, key: Key, job_id: str) -> bool:
        return job_id in self._kept

    def write(self, record: Any, log: Any, *, now: datetime) -> str:
        self._kernel.pause(self._kernel.rng.random())
        if self._service.find(record.job_id).goes_on(self._kernel.time):
            self.early.append(record.job_id)
        self._kept[record.job_id] = PastRun(
            job_id=record.job_id,
            key=record.key,
            digest=record.digest,
            status=record.status,
            created=record.created,
            ended=record.ended,
            archived=now,
            attempt=record.attempt,
            tries=record.tries,
            reads=record.reads,
            part=record.part,
            done=elements_made(record, None),
        )
        return str(record.job_id)

    def counts(self, key: Key, job_id: str) -> None:
        """As at Fused's own service, nobody tells."""

    def spec(self, key: Key, job_id: str) -> None:
        """Nothing that is shown matters here."""

    def past(self, moves: Moves = UNMOVED, *, among: Callable[[Any], bool] = lambda seen: True) -> dict[Key, PastRun]:
        newest: dict[Key, PastRun] = {}
        for run in (renamed_run(one, moves) for one in self._kept.values()):
            known = newest.get(run.key)
            if not among(run):
                continue
            if known is None or (known.created or EPOCH) < (run.created or EPOCH):
                newest[run.key] = run
        return newest


_NONE = Faults()
_WHILE_RUNNING = (OnChangeWhileRunning.REPLACE, OnChangeWhileRunning.WAIT)


@dataclass(frozen=True, kw_only=True)
class Setting:
    """What a schedule is made of; `crash` and `suspend` are chances for each apply.

    With `environments` all of it happens at two services and in two scopes of one of them. Of `versions` of the
    specs every apply but the last carries out any, and the last one the first. Each writer applies `applies` times.
    With `lineage` the jobs read each other's output; some run at every apply, or when they grow old. `reruns` is
    the chance that an apply names one to run again. With `renames` the jobs get other names twice: every apply but the
    last has the specs of any time, and what the last one has need not tell of moves that an apply wrote down. With
    `maps` each job makes a result of each of some elements; `retries` is the chance that an apply asks to try again.
    """

    faults: Faults = _NONE
    writers: int = 1
    within: float = 60.0
    crash: float = 0.0
    suspend: float = 0.0
    lease: bool = False
    shared_journal: bool = True
    jobs: int = 1
    restarts: int = 3
    skew: float = 0.0
    versions: int = 1
    suspended_within: float = 60.0
    environments: bool = False
    applies: int = 1
    lineage: bool = False
    reruns: float = 0.0
    renames: bool = False
    maps: bool = False
    retries: float = 0.0


@dataclass
class Result:
    """What really happened, by attempt: `(name, digest, attempt)`, and when it was over, on the virtual clock."""

    seed: int
    starts: Counter[tuple[str, str, int]] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)
    ended: float = 0.0

    @property
    def extra_starts(self) -> int:
        return sum(count - 1 for count in self.starts.values())


@cache
def declared(count: int, version: int = 0, scope: str = SCOPE) -> Resolution:
    jobs = tuple(
        DesiredJob(
            key=Key(kind=Kind.JOB, name=f"job-{number}"),
            payload={"config": CONFIG},
            digest=f"d1:{number}" + "'" * version,
            origin=Location(path="specs/a.yaml"),
            run=RunPolicy(on_failure=OnFailure.RETRY, retries=1, on_change_while_running=_WHILE_RUNNING[number % 2]),
            needs=(Key(kind=Kind.JOB, name=f"job-{number - 1}"),) if number % 2 else (),
        )
        for number in range(count)
    )
    project = Project(name="p", scope=scope, root=Path("/p"), state=Path("/p/.fused-spec"))
    return Resolution(project=project, desired=jobs)


class Schedule:
    """Runs one seed; `change` may break the code's own parts, to see that the checks notice."""

    scope = SCOPE
    place = "model"
    name = ""

    def __init__(
        self,
        seed: int,
        setting: Setting,
        change: Callable[[Site], Site] = lambda site: site,
        *,
        kernel: Kernel | None = None,
    ) -> None:
        self.kernel = kernel or Kernel(random.Random(seed))
        self.setting = setting
        self.service = Service(self.kernel, setting.faults)
        self.store = MemoryStore(self.kernel)
        self.receipts: Any = Receipts(self.kernel, self.service)
        self.result = Result(seed)
        self._timing = structs.replace(TIMING, remembers=(setting.faults.purge_after or 1e9) / 2)
        self._change = change
        self._is_last = False
        self._memories: dict[str, Memory] = {}
        self._finals: set[OutcomeStatus] = set()
        self._asked: set[str] = set()  # the jobs whose attempts only a person can tell the end of

    def run(self) -> Result:
        self.begin()
        self.kernel.run()
        # Everything late has come, and nobody is at work: one undisturbed apply must bring all in order.
        self.kernel.time += 4000.0
        self.begin_last()
        self.kernel.run()
        result = self.checked()
        self.kernel.close()
        return result

    def begin(self) -> None:
        """Let everybody apply who does."""
        rng = self.kernel.rng
        for _ in range(rng.randrange(3)):
            self.service.accept(_foreign())
        for _ in range(rng.randint(0, self.setting.faults.others)):
            team = Process(name="others")
            self.kernel.spawn(team, lambda: self.service.accept(_foreign()), after=rng.random() * 300.0)
        for writer in range(self.setting.writers):
            process = Process(name=f"{self.name}writer-{writer}", skew=rng.uniform(-1, 1) * self.setting.skew)
            self._begin(process, rng.random() * self.setting.within, self.setting.restarts)

    def begin_last(self) -> None:
        """Let one apply go on undisturbed."""
        self.service.faults = replace(self.setting.faults, **_QUIET)
        self._is_last = True
        self.kernel.spawn(Process(name=f"{self.name}last"), partial(self._apply_until_done, store=self.store))

    def checked(self) -> Result:
        self._check()
        self.result.ended = self.kernel.time
        return self.result

    def _begin(self, process: Process, after: float, restarts: int) -> None:
        """Let a writer apply, perhaps crash or sleep on the way, and begin anew after a crash."""
        rng = self.kernel.rng
        store = self.store if self.setting.shared_journal else MemoryStore(self.kernel)
        self.kernel.spawn(process, lambda: self._apply_some_times(store), after=after)
        if restarts and rng.random() < self.setting.crash:
            dies = after + rng.random() ** 3 * 120.0
            again = Process(name=f"{process.name}'", skew=process.skew)

            def die() -> None:
                process.dead = True
                self._begin(again, rng.random() * 60.0, restarts - 1)

            self.kernel.spawn(Process(name="fate"), die, after=dies)
        if rng.random() < self.setting.suspend:
            self.kernel.spawn(
                Process(name="fate"),
                lambda: self._suspend(process),
                after=after + rng.random() * self.setting.suspended_within,
            )

    def _suspend(self, process: Process) -> None:
        process.resumes_at = self.kernel.time + self.kernel.rng.choice((10.0, 100.0, 1000.0, 5000.0))

    def _apply_some_times(self, store: MemoryStore) -> None:
        self._apply(store)
        for _ in range(self.setting.applies - 1):
            self.kernel.pause(self.kernel.rng.choice((10.0, 300.0, 3000.0)) * (0.5 + self.kernel.rng.random()))
            self._apply(store)

    def _apply_until_done(self, store: MemoryStore) -> None:
        for _ in range(6):
            statuses = self._apply(store)
            self._finals = set(statuses.values())
            failed = self._finals & {OutcomeStatus.HELD, OutcomeStatus.FAILED, OutcomeStatus.LOST}
            # What needs a failed job stays skipped, and that is as it should be.
            if self._finals and self._finals <= (_DONE | {OutcomeStatus.SKIPPED} if failed else _DONE):
                left = self._left_to_do(store)
                # What follows something that failed only now may have something else to follow at the next apply.
                if not left or OutcomeStatus.SKIPPED not in self._finals:
                    self.result.problems += left
                    return
            self.kernel.pause(30.0)
        self.result.problems.append(f"no convergence: {statuses}")

    def _left_to_do(self, store: MemoryStore) -> list[str]:
        resolution, moves = self._named(self._declared(calm=True), store)
        plan, _ = self._plan(structs.replace(self._site(store, always), moves=moves), resolution)
        self._asked = {names.first(change.key.name) for change in plan.changes if change.reason is Reason.FORGOTTEN}
        to_do = [f"{change.key}: {change.why}" for change in plan.changes if change.action.changes_something]
        left = [f"the plan is not empty after the last apply: {to_do}"] if to_do else []
        if self.setting.lineage:
            left += readers.problems(plan, self.service.jobs, self.kernel.time)
        if self.setting.maps:
            left += maps.problems(plan, self.service, thrifty=self._is_thrifty)
        return left

    def _declared(self, version: int = 0, *, calm: bool = False) -> Resolution:
        if self.setting.lineage:
            found = readers.declared(self.setting.jobs, calm=calm or self.setting.renames)
        else:
            found = declared(self.setting.jobs, version, self.scope)
        return maps.of(found) if self.setting.maps else found

    @property
    def _is_thrifty(self) -> bool:
        """Whether nothing hides from a writer what has a result, and nobody wants it again."""
        return self.setting.writers == 1 and not self._purges and not self.setting.reruns

    def _named(self, resolution: Resolution, store: MemoryStore) -> tuple[Resolution, Moves]:
        """The specs of some time, by the names of then, and what is known of moves."""
        recorded = RecordedMoves(store, self.scope).all()
        if not self.setting.renames:
            return resolution, UNMOVED
        age = names.NEWEST if self._is_last else self.kernel.rng.randrange(names.NEWEST + 1)
        tells = self.kernel.rng.random() < 0.5 or not names.are_known(resolution, age, recorded)
        named = names.at(resolution, age, tells=tells)
        return named, Moves(named.desired, recorded)

    def _requests(self, resolution: Resolution) -> Requests:
        rng, most = self.kernel.rng, self.setting.reruns
        named = rng.choice(readers.PRODUCERS) if most and rng.random() < most else None
        asked = {one.key.name for one in resolution.desired if names.first(one.key.name) == named}
        if self.setting.retries and rng.random() < self.setting.retries and not self._is_last:
            return Requests(rerun=frozenset(asked), retry_all=True)
        return Requests(rerun=frozenset(asked))

    def _plan(self, site: Site, resolution: Resolution, requests: Requests = Requests()) -> tuple[Plan, History]:
        history = read_history(
            site.api,
            resolution,
            archive=site.archive,
            journal=site.journal,
            markers=site.markers,
            now=site.world.now(),
            moves=site.moves,
        )
        plan = make_plan(resolution, history, target="model", requests=requests, now=history.read_at)
        return plan, history

    def _apply(self, store: MemoryStore) -> dict[str, OutcomeStatus]:
        """One apply from start to end, as the command line makes it."""
        try:
            with self._lock(store) as may_act:
                return self._apply_locked(store, may_act)
        except Locked:
            return {}
        except FusedSpecError:
            return {}

    def _apply_locked(self, store: MemoryStore, may_act: Callable[[float], bool]) -> dict[str, OutcomeStatus]:
        site = self._site(store, may_act)
        recover(site.api, site.journal, site.markers, timing=site.timing, world=site.world)
        version = 0 if self._is_last else self.kernel.rng.randrange(self.setting.versions)
        resolution, moves = self._named(self._declared(version), store)
        site = structs.replace(site, moves=moves)
        plan, history = self._plan(site, resolution, self._requests(resolution))
        catch_up(history.missed, site)
        RecordedMoves(store, self.scope).record(moves.new(), history.read_at)
        outcomes: dict[str, OutcomeStatus] = {}
        for event in apply(plan, site.seeing(plan.seen), options=OPTIONS):
            if isinstance(event, Finished):
                self._believe(event)
                outcomes[f"{event.outcome.change.key}{event.outcome.change.action}"] = event.outcome.status
        return outcomes

    @contextmanager
    def _lock(self, store: MemoryStore) -> Iterator[Callable[[float], bool]]:
        if not self.setting.lease:
            yield always
            return
        kernel, process = self.kernel, self.kernel.current
        holder = Holder(host=process.name, pid=1)
        api, own = Client(self.service), self._now(process)
        api.get_jobs(1, per_request=1)  # to know the service's time, as the command does
        lease = Lease(
            store,
            f"{self.scope}/services/{self.place}/lock",
            holder,
            clock=lambda: kernel.time,
            now=lambda: api.server_time or own(),
            seconds=60.0,
        )
        lease.acquire()
        over = [False]

        def renew() -> None:
            while not over[0]:
                kernel.pause(lease.renewal_seconds)
                if not over[0]:
                    lease.renew()

        kernel.spawn(process, renew)
        try:
            yield lease.holds
        finally:
            over[0] = True
            lease.release()

    def _site(self, store: MemoryStore, may_act: Callable[[float], bool]) -> Site:
        kernel, process = self.kernel, self.kernel.current
        api = cast(Any, Client(self.service))
        world = World(
            clock=lambda: kernel.time,
            sleep=kernel.pause,
            now=self._now(process),
            nonce=lambda: f"{kernel.rng.getrandbits(64):016x}",
            random=kernel.rng.random,
            pool=partial(Pool, kernel),
            wait=kernel.wait,
        )
        site = Site(
            api=api,
            archive=cast(Archive, self.receipts),
            journal=Journal(store, self.scope, self.place),
            markers=Markers(api, None, partial(Pool, kernel), memory=self._memory(process)),
            spools=cast(Spools, NoSpools()),
            scope=self.scope,
            seen=frozenset(),
            timing=self._timing,
            world=world,
            may_act=may_act,
        )
        return self._change(site)

    def _memory(self, process: Process) -> Memory:
        """What a writer remembers of the history, through all its crashes; the last apply is one more of the first."""
        writer = f"{self.name}writer-0" if self._is_last else process.name.rstrip("'")
        return self._memories.setdefault(writer, Memory(late=LISTED_WITHIN))

    def _now(self, process: Process) -> Callable[[], datetime]:
        return lambda: EPOCH + timedelta(seconds=self.kernel.time + process.skew)

    def _believe(self, event: Finished) -> None:
        """Compare what an apply says with what happened."""
        outcome, now = event.outcome, self.kernel.time
        if outcome.status is OutcomeStatus.LOST and not self.service.find(str(outcome.job_id)).is_lost(now):
            self.result.problems.append(f"{outcome.job_id} is taken for lost, and is not")
        if outcome.status is not OutcomeStatus.SUCCEEDED or outcome.job_id is None:
            return
        if self.service.find(outcome.job_id).status(now) != "Done":
            self.result.problems.append(f"{outcome.job_id} is believed to have succeeded, and has not")

    def _check(self) -> None:
        problems, now = self.result.problems, self.kernel.time
        newest: dict[str, int] = {}
        ours = [job for job in self.service.jobs if job.marker.get("scope") == self.scope]
        groups: dict[tuple[str, str, int], list[str]] = {}
        for job in ours:
            # The digest of what reads other jobs has their names in it.
            digest = "" if self.setting.renames else job.marker["digest"]
            key = (names.first(job.marker["name"]), digest, job.marker["attempt"])
            self.result.starts[key] += 1
            groups.setdefault(key, []).append("Lost" if job.is_lost(now) else job.status(now))
            newest[key[0]] = max(newest.get(key[0], 0), key[2])
            # One that vanished without a sign of life is given up by whoever watches it; when its log could not be read
            # by then, and it was tried again, nobody watches it any more.
            is_due = self.setting.shared_journal and not self._purges and (job.beats or not job.is_lost(now))
            if is_due and job.id not in self.receipts.kept():
                problems.append(f"{job.id} of {key} was never recorded")
        for key, statuses in groups.items():
            if "In Progress" in statuses:
                problems.append(f"{key} still runs after the last apply")
            # Of an attempt that the history forgot before anybody could settle it, a person is asked.
            is_newest = key[2] == newest[key[0]] and key[0] not in self._asked
            if all(status == "Canceled" for status in statuses) and is_newest:
                problems.append(f"{key} has no run left: {statuses}")
        problems += [f"{job_id} was archived before it ended" for job_id in self.receipts.early]
        for name, job in self.service.cancels:
            if name.startswith(self.name) and job.marker.get("scope") != self.scope:
                problems.append(f"{name} cancelled a foreign job")
        known = {job.id for job in self.service.jobs}
        for key, run in self.receipts.past().items():
            if run.job_id not in known:
                problems.append(f"the receipt of {key} is of a run at another service")
            elif not _is_true(run.status, self.service.find(run.job_id), now):
                problems.append(f"the receipt of {key} is false")
        for one in self._declared().desired:
            ran = any(names.first(job.marker["name"]) == one.key.name for job in ours)
            if not ran and not self._finals & {OutcomeStatus.SKIPPED, OutcomeStatus.HELD}:
                problems.append(f"{one.key} never ran")

    @property
    def _purges(self) -> bool:
        return self.setting.faults.purge_after is not None


_DONE = {
    OutcomeStatus.SUCCEEDED,
    OutcomeStatus.UNCHANGED,
    OutcomeStatus.HELD,
    OutcomeStatus.FAILED,
    OutcomeStatus.LOST,
}
_QUIET: dict[str, float] = {
    "request_lost": 0.0,
    "answer_lost": 0.0,
    "late": 0.0,
    "delivered_twice": 0.0,
    "refused": 0.0,
    "unreadable": 0.0,
    "listing_ahead": 0.0,
    "config_lag": 0.0,
}


def _is_true(status: RunStatus, job: Job, now: float) -> bool:
    """Whether a receipt may say so of a run that is over."""
    if status is RunStatus.LOST:
        return job.is_lost(now)
    return status is not RunStatus.SUCCEEDED or job.status(now) == "Done"


@cache
def _foreign() -> JobConfig:
    marker = {"v": 1, "scope": FOREIGN, "kind": "Job", "name": "job-0", "digest": "d1:0", "attempt": 1, "nonce": "n"}
    return JobConfig.model_validate({**CONFIG, "metadata": {"fused-spec": marker}})
