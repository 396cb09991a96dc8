"""One project in several environments that share a store: two services, and one of them under two scopes.

Each is a schedule of its own, on one clock, with its own writers; the archive and the journal are the project's code.
"""

import random
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from typing import Any

from fused_spec.configuration.service_identity import ServiceIdentity
from fused_spec.reconcile.archive.folders import Archive
from fused_spec.reconcile.archive.kept import KeptLog
from fused_spec.reconcile.archive.members import Index
from fused_spec.reconcile.archive.places import RECEIPT
from fused_spec.reconcile.site import Site
from tests.simulator.kernel import Kernel
from tests.simulator.schedule import SCOPE, MemoryStore, Result, Schedule, Setting
from tests.simulator.service import Service

FIRST, SECOND = (ServiceIdentity(url=f"https://{name}.example/server/v1") for name in ("first", "second"))


class Kept(Archive):
    """The archive of one environment, without logs; what it keeps appears at once or not at all."""

    def __init__(self, store: MemoryStore, scope: str, identity: ServiceIdentity, service: Service) -> None:
        super().__init__(store, scope, identity)
        self._kernel = service.kernel
        self._ran_at = service
        self.early: list[str] = []

    def write(self, record: Any, log: Any, *, now: datetime) -> str:
        self._kernel.pause(self._kernel.rng.random())
        if self._ran_at.find(record.job_id).goes_on(self._kernel.time):
            self.early.append(record.job_id)
        receipt = self._receipt(record, _NO_LOG, None, None, now, None).to_json().encode()
        self._store.write(f"{self._at(record.key, record.job_id)}/{RECEIPT}", receipt)
        return str(record.job_id)


_NO_LOG = KeptLog(lines=0, sha256="", index=Index(members=()))


class Environment(Schedule):
    """The part of a schedule that is in one environment."""

    def __init__(
        self,
        kernel: Kernel,
        setting: Setting,
        change: Callable[[Site], Site],
        *,
        store: MemoryStore,
        scope: str,
        identity: ServiceIdentity,
        service: Service,
    ) -> None:
        super().__init__(0, setting, change, kernel=kernel)
        self.scope, self.place, self.name = scope, identity.folder, f"{scope} at {identity.folder} "
        self.service, self.store = service, store
        self.receipts = Kept(store, scope, identity, service)


class Environments:
    """Runs one seed in every environment."""

    def __init__(self, seed: int, setting: Setting, change: Callable[[Site], Site] = lambda site: site) -> None:
        self.seed = seed
        self.kernel = Kernel(random.Random(seed))
        store = MemoryStore(self.kernel)
        first, second = (Service(self.kernel, setting.faults) for _ in range(2))
        self.parts = [
            Environment(self.kernel, setting, change, store=store, scope=scope, identity=identity, service=service)
            for scope, identity, service in (
                (SCOPE, FIRST, first),
                (SCOPE, SECOND, second),
                (f"{SCOPE}.dev", SECOND, second),
            )
        ]

    def run(self) -> Result:
        for part in self.parts:
            part.begin()
        self.kernel.run()
        self.kernel.time += 4000.0
        for part in self.parts:
            part.begin_last()
        self.kernel.run()
        starts: Counter[tuple[str, str, int]] = Counter()
        problems: list[str] = []
        for part in self.parts:
            result = part.checked()
            starts.update({(part.name + name, *rest): count for (name, *rest), count in result.starts.items()})  # type: ignore[misc]
            problems += [f"{part.name}: {problem}" for problem in result.problems]
        self.kernel.close()
        return Result(self.seed, starts=starts, problems=problems, ended=self.kernel.time)
