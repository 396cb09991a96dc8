"""Keep what a run was and said: one folder a run, written whole or not at all.

    <scope>/runs/<kind>/<name>/<job id>/
        spec.json       what was declared, resolved; sensitive values masked
        status.jsonl    {"at", "status"} as observed
        facts.json      what came of each step, in numbers, where the service tells it; secrets masked
        tasks.jsonl.gz  what is known of each task (`jobs.tasks`), where the service tells it; secrets masked
        logs.jsonl.gz   {"timestamp", "message"}, every line the service had, with "step", "task" and "stream" where it
                        tells them; secrets masked
        logs.index.json which lines of a long log are where (`members`)
        receipt.json    the record; a folder without one does not exist for any reader

Nothing here is ever deleted or written a second time.
"""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

from msgspec import Struct

from fused_spec.configuration.service_identity import ServiceIdentity
from fused_spec.errors import FusedSpecError
from fused_spec.jobs.log_choice import ALL, LogChoice, origins_unknown
from fused_spec.jobs.tasks import Tally, Task, TaskCounts, failed_in
from fused_spec.plan.model import PastRun
from fused_spec.reconcile.archive.chosen import ArchivedLog
from fused_spec.reconcile.archive.kept import KeptLog, unpacked_tasks, write_log, write_tasks, write_text
from fused_spec.reconcile.archive.places import RECEIPT, RUNS, places_of, receipts_in
from fused_spec.reconcile.archive.receipt import Receipt
from fused_spec.reconcile.archive.receipts import Receipts, Unreadable
from fused_spec.reconcile.archive.record import RunRecord, elements_made, past_of
from fused_spec.reconcile.archive.spool import LogRecord, WholeLog
from fused_spec.reconcile.marking.renamed import renamed
from fused_spec.reconcile.marking.settle import StartKey, age, start_key
from fused_spec.reconcile.store.store import Store
from fused_spec.spec.model import Key, Kind
from fused_spec.spec.relations.moves import UNMOVED, Moves
from fused_spec.system.timings import UNTIMED, Timings

SPEC, STATUS, LOGS, INDEX = "spec.json", "status.jsonl", "logs.jsonl.gz", "logs.index.json"
FACTS, TASKS = "facts.json", "tasks.jsonl.gz"


class Check(Struct, frozen=True, kw_only=True):
    """One kept run: what is wrong with it, and what its log never had."""

    folder: str
    problem: str | None = None
    missing: str | None = None


class Archive:
    """The runs kept for one project in a store, which need not hold anything yet.

    What is believed to be done are the runs of `service` alone; without one it only looks after what it keeps.
    `earlier` is the folder of attempts that the versions wrote whose receipts do not tell their service.
    """

    def __init__(
        self,
        store: Store,
        scope: str,
        service: ServiceIdentity | None = None,
        *,
        earlier: str | None = None,
        timings: Timings = UNTIMED,
    ) -> None:
        self._store = store
        self._scope = scope
        self._service = service
        self._known = Receipts(store, scope, service, earlier, timings)
        self._written: dict[str, TaskCounts | None] = {}

    def folder(self, key: Key, job_id: str) -> str:
        """Where a run is kept, for people."""
        return self._store.shown(self._at(key, job_id))

    def has(self, key: Key, job_id: str) -> bool:
        return self._store.read(f"{self._at(key, job_id)}/{RECEIPT}") is not None

    def counts(self, key: Key, job_id: str) -> TaskCounts | None:
        """How many tasks of an archived run ended how; None where that is not told."""
        if job_id in self._written:
            return self._written[job_id]
        content = self._store.read(f"{self._at(key, job_id)}/{RECEIPT}")
        try:
            return None if content is None else Receipt.from_json(content.decode("utf-8")).tasks
        except ValueError:
            return None

    def write(self, record: RunRecord, log: WholeLog, *, now: datetime) -> str:
        """Archive a run and return its folder; one that is there already is left as it is.

        Raises `ArchiveError` when it cannot be written; nothing half is left then.
        """
        folder = self._at(record.key, record.job_id)
        with self._store.staging() as draft:
            kept = write_log(draft / LOGS, log.lines)
            index = kept.index.to_json() if len(kept.index.members) > 1 else None
            if index is not None:
                (draft / INDEX).write_bytes(index)
            write_text(draft / SPEC, json.dumps(record.spec, indent=2, ensure_ascii=False))
            statuses = (json.dumps({"at": at.isoformat(), "status": str(status)}) for at, status in record.statuses)
            write_text(draft / STATUS, "".join(f"{line}\n" for line in statuses))
            if record.facts is not None:
                write_text(draft / FACTS, json.dumps(record.facts, indent=2, ensure_ascii=False))
            most = len(record.elements or ())
            tally = None if record.tasks is None else write_tasks(draft / TASKS, record.tasks, most)
            receipt = self._receipt(record, kept, index, log.missing, now, tally).to_json()
            write_text(draft / RECEIPT, receipt)
            self._store.publish(draft, folder, RECEIPT)
            self._known.wrote(receipt)
            self._written[record.job_id] = tally.counts if tally is not None else None
        return self._store.shown(folder)

    def receipts(self) -> Iterator[Receipt]:
        """Every receipt of the project, whatever the service; raises `Misconfigured` for one of a later format."""
        return (one for one in self._known.at(self._receipts()) if isinstance(one, Receipt))

    def unreadable(self) -> Iterator[Unreadable]:
        """What stands in the place of a receipt and is none."""
        return (one for one in self._known.at(self._receipts()) if isinstance(one, Unreadable))

    def here(self) -> Iterator[Receipt]:
        """The receipts of runs at this service."""
        return filter(self._known.is_here, self.receipts())

    def elsewhere(self) -> Iterator[Receipt]:
        """The receipts of runs at other services, which are no runs of this one."""
        return (receipt for receipt in self.receipts() if not self._known.is_here(receipt))

    def past(
        self, moves: Moves = UNMOVED, *, among: Callable[[Receipt], bool] = lambda seen: True
    ) -> dict[Key, PastRun]:
        """The newest remembered run of each key of now; of an attempt that was started twice, the one that counts.

        With `among` the newest of these, under the names of now.
        """
        counting: dict[StartKey, tuple[Receipt, Receipt]] = {}
        for receipt in self.here():
            seen = renamed(receipt, moves, receipt.created)
            attempt = start_key(seen)
            if attempt not in counting or age(seen) < age(counting[attempt][0]):
                counting[attempt] = (seen, receipt)
        return {
            seen.key: past_of(seen, receipt)
            for seen, receipt in sorted(counting.values(), key=lambda one: age(one[0]))
            if among(seen)
        }

    def kept(self) -> frozenset[str]:
        """The ids of all runs that are archived; an id is random, so no service's run has that of another's."""
        return frozenset(place.job_id for place in places_of(self._receipts()))

    def find(self, name_or_id: str) -> list[Receipt]:
        """The receipts of a name at this service, newest first, or that of a job id at any service."""
        name = name_or_id.removeprefix(f"{Kind.JOB}/")
        places = {one: md5 for one, md5 in self._receipts().items() if name in one.split("/")[-3:-1]}
        found = [one for one in self._known.at(places) if isinstance(one, Receipt)]
        asked = [one for one in found if one.job_id == name or self._known.is_here(one)]
        return sorted(asked, key=lambda receipt: receipt.created, reverse=True)

    def names(self) -> frozenset[str]:
        """The names of all jobs of which a run is kept."""
        return frozenset(place.name for place in places_of(self._receipts()))

    def read_logs(self, receipt: Receipt, choice: LogChoice = ALL) -> Iterator[LogRecord]:
        """The archived lines, or those that somebody chose, oldest first; raises what `ArchivedLog.chosen` does."""
        failed: frozenset[tuple[int, int]] = frozenset()
        if choice.failed:
            if (tasks := self.tasks(receipt.key, receipt.job_id)) is None:
                raise origins_unknown("what became of the tasks of this run was not kept either")
            failed = failed_in(tasks)
        return self._log(receipt).chosen(choice, failed)

    def tasks(self, key: Key, job_id: str) -> Iterator[Task] | None:
        """What is known of each task of a run, in the order of their ends; None where that is not kept."""
        try:
            packed = self._store.open(f"{self._at(key, job_id)}/{TASKS}")
        except FileNotFoundError:
            return None
        return unpacked_tasks(packed)

    def spec(self, key: Key, job_id: str) -> Mapping[str, Any] | None:
        """What a run was started with, sensitive values masked; None where that is not kept."""
        return self._kept_json(key, job_id, SPEC)

    def facts(self, key: Key, job_id: str) -> Mapping[str, Any] | None:
        """What came of each step of a run, in numbers; None where that is not kept."""
        return self._kept_json(key, job_id, FACTS)

    def _kept_json(self, key: Key, job_id: str, name: str) -> Mapping[str, Any] | None:
        content = self._store.read(f"{self._at(key, job_id)}/{name}")
        try:
            kept = None if content is None else json.loads(content)
        except ValueError:
            return None
        return kept if isinstance(kept, Mapping) else None

    def verify(self, receipt: Receipt) -> None:
        """Raise `FusedSpecError` when a log is gone, or is not the one that its receipt describes."""
        self._log(receipt).verify()

    def check(self) -> Iterator[Check]:
        """Every kept run, its log compared with its receipt."""
        for name, content in self._store.read_all(list(self._receipts())).items():
            folder = self._store.shown(name.removesuffix(f"/{RECEIPT}"))
            try:
                receipt = Receipt.from_json(content.decode("utf-8"))
                self.verify(receipt)
                self._log(receipt).verify_index()
                yield Check(folder=folder, missing=receipt.log_missing)
            except (ValueError, FusedSpecError) as error:
                what = str(error) if isinstance(error, FusedSpecError) else f"its receipt cannot be read: {error}"
                yield Check(folder=folder, problem=what)

    def pack(self) -> None:
        """Let later commands read many receipts at once; raises `ArchiveError`."""
        self._known.pack()

    def _receipts(self) -> dict[str, str | None]:
        return receipts_in(self._store, self._scope)

    def _at(self, key: Key, job_id: str) -> str:
        return f"{self._scope}/{RUNS}/{key.kind}/{key.name}/{job_id}"

    def _log(self, receipt: Receipt) -> ArchivedLog:
        folder = self._at(receipt.key, receipt.job_id)
        return ArchivedLog(store=self._store, receipt=receipt, log=f"{folder}/{LOGS}", index=f"{folder}/{INDEX}")

    def _receipt(
        self,
        record: RunRecord,
        log: KeptLog,
        index: bytes | None,
        missing: str | None,
        now: datetime,
        tally: Tally | None,
    ) -> Receipt:
        return Receipt(
            scope=self._scope,
            key=record.key,
            digest=record.digest,
            job_id=record.job_id,
            attempt=record.attempt,
            tries=record.tries,
            status=record.status,
            created=record.created,
            ended=record.ended,
            archived=now,
            base_url=record.base_url,
            log_lines=log.lines,
            log_sha256=log.sha256,
            log_missing=missing,
            log_index_sha256=None if index is None else hashlib.sha256(index).hexdigest(),
            reads=record.reads,
            service=self._service.name if self._service else None,
            group=record.group,
            cell=record.cell,
            tasks=tally.counts if tally is not None else None,
            part=record.part,
            done=elements_made(record, tally),
        )
