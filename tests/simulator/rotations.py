"""One token's life against a model of the service, in which one thing goes wrong, at a point that can be chosen.

Every call of the client, every write of the store and every write of the sink is a point. A process may die there,
before the work or after it; a call may be refused, its answer may get lost, and its work may come late. After each step
of the world two promises are checked: one value works, and it is the one in the sink.
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any, cast

import requests

from fused_spec.api.errors import ApiError
from fused_spec.api.http.answers import Answer
from fused_spec.errors import FusedSpecError, ServiceError
from fused_spec.messages.diagnostics import Location
from fused_spec.plan.model import History, Plan, Requests
from fused_spec.plan.planner import make_plan
from fused_spec.reconcile.applying.act import act
from fused_spec.reconcile.applying.outcome import Outcome
from fused_spec.reconcile.applying.recover import recover_tokens
from fused_spec.reconcile.journal.intents import Journal
from fused_spec.reconcile.saved import delivery
from fused_spec.reconcile.saved.objects import read_objects
from fused_spec.reconcile.saved.rotation import Issuer, issue, renewal
from fused_spec.reconcile.site import Site, Timing, World
from fused_spec.spec import model as spec
from fused_spec.spec.model import DesiredToken, Key, Kind
from fused_spec.wire import UdfAccessToken
from tests.simulator.service import EPOCH

SCOPE = "ours"
KEY = Key(kind=Kind.TOKEN, name="tiles")
TIMING = Timing(visible=0.0, accepted=150.0, margin=20.0, remembers=math.inf)
LATE = 100.0  # seconds until late work is done; within what `TIMING` accepts


class Death(BaseException):
    """The process is no more."""


class Trouble(ServiceError):
    """What a call of the model meets."""


DEATHS = ("dies before", "dies after")
LOSSES = ("refused", "lost, done", "lost, not done", "late", "late, and dies")


@dataclass
class Fate:
    """What goes wrong at the points with these numbers; `passed` counts the points."""

    faults: Mapping[int, str] = field(default_factory=dict)
    passed: int = 0
    calls: set[int] = field(default_factory=set)
    files: set[int] = field(default_factory=set)

    def next(self) -> str:
        self.passed += 1
        return self.faults.get(self.passed, "")

    def again(self) -> "Fate":
        return Fate(faults=self.faults)

    def __str__(self) -> str:
        return ", ".join(f"{mode} at {at}" for at, mode in self.faults.items())


class Model:
    """The service's tokens, the store, the sink and the time, which outlive every process."""

    def __init__(self, sink: Path) -> None:
        self.time = 0.0
        self.sink = sink
        self.tokens: dict[str, UdfAccessToken] = {}
        self.files: dict[str, bytes] = {}
        self.fate = Fate()
        self.late: list[tuple[float, Callable[[], object]]] = []
        self.problems: list[str] = []
        self.dead: set[str] = set()  # values that were disabled
        self.refuses: set[str] = set()  # values that are not let in, though enabled
        self._numbers = 0
        self.ended: list[str] = []  # what worked once all was done
        self.promised = False  # whether a value was handed out, so that one must work from now on

    def point(self, work: Callable[[], Any], *, is_call: bool = False, is_file: bool = False) -> Any:
        """Do the work, unless this is the point at which something goes wrong."""
        mode = self.fate.next()
        if is_call:
            self.fate.calls.add(self.fate.passed)
        if is_file:
            self.fate.files.add(self.fate.passed)
        if mode in ("late", "late, and dies"):
            self.late.append((self.time + LATE, work))
        if mode in ("dies before", "late, and dies"):
            raise Death
        if mode in ("lost, not done", "late"):
            raise Trouble("no answer")
        if mode == "refused":
            trouble = Trouble("refused")
            trouble.sent, trouble.passes = False, False
            raise trouble
        result = work()
        self.look()
        if mode == "dies after":
            raise Death
        if mode == "lost, done":
            raise Trouble("no answer")
        return result

    def file_point(self, work: Callable[[], Any], trouble: str) -> None:
        """The same for work on a file, which is refused with the words that the real one has."""
        try:
            self.point(work, is_file=True)
        except Trouble:
            raise FusedSpecError(trouble) from None

    def sleep(self, seconds: float) -> None:
        self.time += seconds
        due = [one for one in self.late if one[0] <= self.time]
        self.late = [one for one in self.late if one[0] > self.time]
        for _, work in due:
            with suppress(FusedSpecError):  # nobody hears the answer
                work()
            self.look()

    def look(self) -> None:
        """The promises that hold at every moment."""
        held = self.sink.read_text().strip() if self.sink.is_file() else None
        works = {value for value, token in self.tokens.items() if token.enabled}
        if self.promised and not works:
            self.problems.append("no value works")
        if self.promised and held is not None and held not in works:
            self.problems.append("the value in the sink does not work")
        self.dead |= self.tokens.keys() - works
        if self.dead & works:
            self.problems.append("a value that was disabled is enabled again")
        if any(value.encode() in content for content in self.files.values() for value in self.tokens):
            self.problems.append("a value stands in the store")

    def add(self, fields: dict[str, Any]) -> UdfAccessToken:
        self._numbers += 1
        value = f"fsh_canary{self._numbers:06d}"
        self.tokens[value] = UdfAccessToken(token=value, udf_slug="tiles", owning_user_id="u", **fields)
        return self.tokens[value]

    def enabled(self) -> list[str]:
        return [value for value, token in self.tokens.items() if token.enabled]


class Store:
    """The store of the model; every change of it is a point."""

    def __init__(self, model: Model) -> None:
        self._model = model

    def read(self, path: str) -> bytes | None:
        return self._model.files.get(path)

    def read_all(self, paths: list[str]) -> dict[str, bytes]:
        return {path: self._model.files[path] for path in paths if path in self._model.files}

    def write(self, path: str, content: bytes) -> None:
        self._model.file_point(lambda: self._model.files.__setitem__(path, content), "the store cannot be written")

    def remove(self, path: str) -> None:
        self._model.file_point(lambda: self._model.files.pop(path, None), "the store cannot be written")

    def names(self, folder: str) -> list[str]:
        return sorted(name for name in self._model.files if name.startswith(f"{folder}/"))


class Client:
    """What the code under test calls; every call is a point."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self._transport = self

    @property
    def server_time(self) -> datetime:
        return EPOCH + timedelta(seconds=self._model.time)

    def get_jobs(self, *_: Any, **__: Any) -> list[Any]:
        return []

    def get_udfs(self, **_: Any) -> list[Any]:
        return []

    def _automatic_realtime_client_id(self) -> str:
        return "local"

    def get_udf_access_tokens(self, **_: Any) -> list[UdfAccessToken]:
        return cast(
            list[UdfAccessToken],
            self._model.point(lambda: [one.model_copy() for one in self._model.tokens.values()], is_call=True),
        )

    def create_udf_access_token(self, **fields: Any) -> UdfAccessToken:
        return cast(UdfAccessToken, self._model.point(lambda: self._model.add(fields).model_copy(), is_call=True))

    def update_udf_access_token(self, value: str, **fields: Any) -> None:
        def change() -> None:
            known = {name: what for name, what in fields.items() if what is not None}
            self._model.tokens[value] = self._model.tokens[value].model_copy(update=known)

        self._model.point(change, is_call=True)

    def call(self, method: str, path: str, **_: Any) -> Answer:
        """The call that runs the UDF of a token."""

        def run() -> Answer:
            value = path.split("/")[1]
            if value in self._model.refuses or not self._model.tokens[value].enabled:
                response = requests.Response()
                response.status_code = 404
                raise ApiError("no such token", response=response, call="GET realtime-shared")
            return Answer(call="GET", status=200, headers={}, body=b"")

        return cast(Answer, self._model.point(run, is_call=True))


def declared(sink: Path, **payload: Any) -> DesiredToken:
    return DesiredToken(
        key=KEY,
        payload={"udf": {"id": "1"}, **payload},
        digest="d1:tiles",
        origin=Location(path="a.yaml"),
        sink=sink,
    )


class Project:
    """The specs of the model, planned, applied and rotated by processes that come and go."""

    def __init__(self, model: Model, *, change: Callable[[Site], Site] = lambda site: site) -> None:
        self.model = model
        self._change = change
        self._nonces = count(1)
        self.last: tuple[DesiredToken, ...] = ()

    def site(self) -> Site:
        api: Any = Client(self.model)
        world = World(
            clock=lambda: self.model.time,
            sleep=self.model.sleep,
            now=lambda: EPOCH + timedelta(seconds=self.model.time),
            nonce=lambda: f"n{next(self._nonces)}",
        )
        unused = cast(Any, None)
        return self._change(
            Site(
                api=api,
                archive=unused,
                journal=Journal(cast(Any, Store(self.model)), SCOPE, "model"),
                markers=unused,
                spools=unused,
                scope=SCOPE,
                seen=frozenset(),
                timing=TIMING,
                world=world,
            )
        )

    def plan(self, site: Site, *desired: DesiredToken, prune: bool = False) -> Plan:
        self.last = desired
        project = spec.Project(name="ours", scope=SCOPE, root=Path("/"), state=Path("/"))
        resolution = spec.Resolution(project=project, desired=desired)
        now = cast(datetime, site.api.server_time)
        objects = read_objects(site.api, resolution, journal=site.journal.tokens, now=now, prune=prune)
        history = History(read_at=now, objects=objects)
        return make_plan(resolution, history, target="model", requests=Requests(prune=prune), now=now)

    def apply(self, *desired: DesiredToken, prune: bool = False) -> list[Outcome]:
        """Settle, plan, and carry out."""
        site = self.site()
        recover_tokens(site.api, site.journal.tokens, timing=site.timing, world=site.world)
        outcomes = []
        for change in self.plan(site, *desired, prune=prune).changes:
            step = act(change, site)
            assert isinstance(step.result, Outcome)
            outcomes.append(step.result)
        return outcomes

    def rotate(self, token: DesiredToken, overlap: float = 0.0) -> None:
        site = self.site()
        issuer = Issuer.at(site)
        recover_tokens(site.api, site.journal.tokens, timing=site.timing, world=site.world)
        issue(renewal(token, issuer, overlap=overlap), issuer)


@contextmanager
def sinks_are_points(model: Model) -> Iterator[None]:
    """Have every write of the sink be a point, and another one, half-way through."""
    written, returned = delivery.write_sink, delivery.put_back

    def half(sink: Path, content: bytes) -> None:
        sink.parent.mkdir(exist_ok=True)
        sink.with_name(f".{sink.name}.draft").write_bytes(content[: len(content) // 2])

    def write(sink: Path, content: bytes, _: str = "") -> None:
        try:
            model.file_point(lambda: half(sink, content), "the sink cannot be written")
            model.file_point(lambda: written(sink, content), "the sink cannot be written")
        except FusedSpecError:
            delivery.remove_draft(sink)
            raise

    delivery.write_sink = write
    delivery.put_back = lambda sink, content: model.file_point(
        lambda: returned(sink, content), "the sink cannot be put back"
    )
    try:
        yield
    finally:
        delivery.write_sink, delivery.put_back = written, returned


Step = Callable[[Project], object]
Change = Callable[[Site], Site]


def as_it_is(site: Site) -> Site:
    return site


def lived(
    sink: Path, before: Sequence[Step], *steps: tuple[Step, Fate], last: Step, change: Change = as_it_is
) -> Model:
    """A world after `before`, in which each step met its fate, and then `last` once more, undisturbed.

    What is late comes to its end behind it; the second `last` is there to have nothing to do.
    """
    sink.unlink(missing_ok=True)
    model = Model(sink)
    project = Project(model, change=change)
    with sinks_are_points(model):
        for step in before:
            step(project)
        model.promised = bool(model.enabled())
        for step, fate in steps:
            model.fate = fate
            with suppress(Death, FusedSpecError):
                step(project)
        model.fate = Fate()
        last(project)
        model.sleep(2 * LATE)
        model.ended = model.enabled()
        last(project)
        if project.plan(project.site(), *project.last).has_changes:
            model.problems.append("the plan still has changes")
    if any(name.endswith(".intent") for name in model.files):
        model.problems.append("an intent is left")
    return model


def fates(points: Fate, modes: Sequence[str] = (*DEATHS, *LOSSES)) -> Iterator[Fate]:
    """Everything that can go wrong once more in a step that went through these points."""
    for at in range(max(points.faults, default=0) + 1, points.passed + 1):
        possible = {*DEATHS}
        possible |= {*LOSSES} if at in points.calls else set()
        possible |= {"refused"} if at in points.files else set()
        yield from (Fate(faults={**points.faults, at: mode}) for mode in modes if mode in possible)
