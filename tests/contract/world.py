"""A folder of specs, the real service in memory, and the client between them."""

from datetime import UTC, datetime
from pathlib import Path

from msgspec.structs import replace

from fused_spec.api.client import FusedAPI
from fused_spec.api.http.transport import Transport, new_session
from fused_spec.configuration.secret_values import SecretReader
from fused_spec.configuration.service_identity import ServiceIdentity
from fused_spec.configuration.settings import Credentials
from fused_spec.plan.model import History, Plan, Requests
from fused_spec.plan.planner import make_plan
from fused_spec.reconcile.applying.apply import apply
from fused_spec.reconcile.applying.catch_up import catch_up
from fused_spec.reconcile.applying.events import Event, Finished
from fused_spec.reconcile.applying.options import Options
from fused_spec.reconcile.applying.outcome import Outcome
from fused_spec.reconcile.applying.recover import recover
from fused_spec.reconcile.archive.folders import Archive
from fused_spec.reconcile.archive.spool import Spools
from fused_spec.reconcile.history.markers import Markers
from fused_spec.reconcile.history.refresh import read_history
from fused_spec.reconcile.journal.intents import Journal
from fused_spec.reconcile.journal.moves import RecordedMoves
from fused_spec.reconcile.site import Site, Timing
from fused_spec.reconcile.site import World as Time
from fused_spec.reconcile.store.local import LocalStore
from fused_spec.spec.model import Resolution
from fused_spec.spec.relations.moves import UNMOVED, Moves
from fused_spec.spec.resolve import resolve
from tests.asgi import AsgiAdapter

TOKEN = "contract-token-0123456789"
PROJECT = "apiVersion: fused-spec/v1\nproject: {name: roads, id: 0d5b1c7e-52b5}\n"
UDF = "@fused.udf\ndef udf(n: int = 1):\n    print(f'n={n}')\n    return n\n"
SLOW = "@fused.udf\ndef udf():\n    import time\n    time.sleep(600)\n"
FAILING = "@fused.udf\ndef udf():\n    raise ValueError('no such tile')\n"
SERVED = """\
---
apiVersion: fused-spec/v1
kind: Udf
metadata: {name: at}
spec: {udf: {file: at.py}}
---
apiVersion: fused-spec/v1
kind: UdfAccessToken
metadata: {name: public}
spec: {udf: {ref: at}, sink: {file: .secrets/public}}
"""
SCOPE = "0d5b1c7e-52b5"
FAST = Options(poll=(0.02, 0.2), backoff=(0.05, 0.1))


def job(name: str = "areas", file: str = "area.py", more: str = "", parameters: str = "") -> str:
    return f"""\
---
apiVersion: fused-spec/v1
kind: Job
metadata: {{name: {name}}}
spec:
  config:
    steps:
      - type: udf
        udf: {{file: {file}{f", parameters: {parameters}" if parameters else ""}}}
{more}"""


class World:
    """A folder of specs, a service, and a client between them."""

    def __init__(self, folder: Path, service: AsgiAdapter) -> None:
        self.folder = folder
        self.service = service
        session = new_session()
        session.mount("http://", service)
        transport = Transport("http://127.0.0.1:8000/server/v1", Credentials(access_token=TOKEN), session=session)
        self.api = FusedAPI.over(transport)
        self.write("fused-spec.yaml", PROJECT)
        self.write("specs/area.py", UDF)
        self.events: list[Event] = []
        self.secrets = SecretReader()

    def write(self, name: str, text: str) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    @property
    def archive(self) -> Archive:
        return Archive(self.store, SCOPE, ServiceIdentity(url=self.api.base_url))

    @property
    def store(self) -> LocalStore:
        return LocalStore(self.folder / "archive")

    def site(self, seen: frozenset[str] = frozenset(), moves: Moves = UNMOVED) -> Site:
        """Where to act: the service in memory, listing at once, and given up on after half a second."""
        return Site(
            api=self.api,
            archive=self.archive,
            journal=Journal(self.store, SCOPE, "local"),
            markers=Markers(self.api, self.folder / "cache"),
            spools=Spools(self.folder / "logs"),
            scope=SCOPE,
            seen=seen,
            moves=moves,
            timing=Timing(visible=0.0, accepted=0.5, margin=0.0),
            secrets=self.secrets,
        )

    def resolution(self) -> Resolution:
        found = resolve(["specs"], cwd=self.folder)
        assert found.valid
        return replace(found, desired=Moves(found.desired, self.recorded.all()).desired)

    @property
    def recorded(self) -> RecordedMoves:
        return RecordedMoves(self.store, SCOPE)

    def moves(self) -> Moves:
        return Moves(self.resolution().desired, self.recorded.all())

    def history(self, requests: Requests = Requests()) -> History:
        site = self.site()
        return read_history(
            self.api,
            self.resolution(),
            archive=site.archive,
            journal=site.journal,
            markers=site.markers,
            now=datetime.now(UTC),
            prune=requests.prune,
            moves=self.moves(),
        )

    def plan(self, requests: Requests = Requests()) -> Plan:
        return self.plan_of(self.history(requests), requests)

    def plan_of(self, history: History, requests: Requests) -> Plan:
        plan = make_plan(self.resolution(), history, target="local", requests=requests, now=history.read_at)
        return replace(plan, moved=self.moves().new())

    def apply(self, options: Options = FAST, requests: Requests = Requests()) -> dict[str, Outcome]:
        """Settle, plan and apply, by one reading of the history; the outcomes by `kind/name`."""
        site = self.site()
        recover(self.api, site.journal, site.markers, timing=site.timing, world=site.world)
        history = self.history(requests)
        catch_up(history.missed, site)
        return self.carry_out(self.plan_of(history, requests), options)

    def apply_until(self, last: type[Event], options: Options) -> dict[str, Outcome]:
        """The same, by a clock that stands still until there is such an event, and then is a day ahead."""
        plan, time, self.events = self.plan(), [0.0], []
        site = replace(self.site(plan.seen), world=Time(clock=lambda: time[0]))
        for event in apply(plan, site, options=options):
            self.events.append(event)
            if isinstance(event, last):
                time[0] = 86400.0
        return {str(event.outcome.change.key): event.outcome for event in self.events if isinstance(event, Finished)}

    def carry_out(self, plan: Plan, options: Options = FAST) -> dict[str, Outcome]:
        self.recorded.record(plan.moved, self.api.server_time or datetime.now(UTC))
        self.events = list(apply(plan, self.site(plan.seen, self.moves()), options=options))
        return {str(event.outcome.change.key): event.outcome for event in self.events if isinstance(event, Finished)}

    def job_ids(self) -> list[str]:
        return [job.id for job in self.api.get_jobs(None, max_requests=None)]
