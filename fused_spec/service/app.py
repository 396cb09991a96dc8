"""The service as an ASGI app: what it keeps opens with it, and every route stands under the base path."""

import asyncio
import re
import sqlite3
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager, closing
from functools import partial
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import Mount, Router
from starlette.types import ASGIApp, Receive, Scope, Send

from fused_spec.configuration.engine_choice import EngineChoice
from fused_spec.configuration.storage_url import is_remote
from fused_spec.errors import FusedSpecError
from fused_spec.service.http.browsers import Browsers
from fused_spec.service.http.faults import ANSWERS
from fused_spec.service.http.gate import LOOPBACK, Gate, Rules
from fused_spec.service.http.limits import Bounds, Limits
from fused_spec.service.http.naming import Named
from fused_spec.service.images.images import Images
from fused_spec.service.jobs.runs import Runs
from fused_spec.service.jobs.schedules import Schedules, keep_time
from fused_spec.service.jobs.supervisor import Supervisor
from fused_spec.service.routes import (
    account,
    files,
    jobs,
    mount,
    realtime,
    schedules,
    secret_values,
    signed,
    tables,
    tokens,
    udf_collections,
    udfs,
)
from fused_spec.service.routes.context import BASE_PATH, Service
from fused_spec.service.state.database import open_database
from fused_spec.service.state.folder import forget_identity, identity_of
from fused_spec.service.state.secret_values import SecretValues
from fused_spec.service.storage.local import Files, Storage
from fused_spec.service.storage.signing import Signer
from fused_spec.service.udfs.collections import Collections
from fused_spec.service.udfs.git_udfs import GitUdfs
from fused_spec.service.udfs.provisions import Handover
from fused_spec.service.udfs.registry import Tokens, Udfs
from fused_spec.service.workers.cluster import CLUSTER_FILE, keep_cluster, require_dask
from fused_spec.service.workers.confining import Confining
from fused_spec.service.workers.machine import this_machine

_NOUNS = (
    *(account, jobs, files, mount, tables, signed, udfs, udf_collections, tokens),
    *(realtime, schedules, secret_values),
)
_OPEN = tuple(f"{BASE_PATH}/{path}" for path in ("health", "signed/", "realtime-shared/"))
_PAGES = f"{BASE_PATH}/realtime-shared/"
_BOUNDS = Bounds(uploads=re.compile(rf"{BASE_PATH}/(files/upload|signed/upload|efs/[^/]+/upload$)"))


def create_app(
    state: Path,
    token: str,
    *,
    hosts: Collection[str] | None = LOOPBACK,
    bounds: Bounds = _BOUNDS,
    engine: EngineChoice | None = None,
    storage: str | None = None,
    allow_write: Collection[Path] = (),
    on_request: Callable[[], None] | None = None,
) -> Starlette:
    """An app on the state folder, which it makes when it is not there.

    `engine` is what runs UDF maps and ingestions (None: processes), `storage` what `fd://` is (None: a folder of the
    state), `allow_write` where jobs may write besides what is their own.
    `hosts` are the names under which it may be addressed (None: any); `bounds` limit each request; `on_request` is
    called at each request.
    Opening raises `FusedSpecError` when the state cannot be used.
    """
    choice = engine or EngineChoice()
    middleware = [
        Middleware(Named),
        Middleware(Browsers, _PAGES),
        Middleware(Gate, Rules(token=token, hosts=hosts, open_paths=_OPEN)),
        Middleware(Limits, bounds),
    ]
    if on_request is not None:
        middleware.insert(0, Middleware(_Observed, on_request))
    routes = [route for noun in _NOUNS for route in noun.routes]

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        require_dask(choice)
        with closing(_open_state(state, storage)) as database:
            service = _service(state, token, database, choice, storage, allow_write)
            app.state.service = service
            await service.supervisor.start()
            record = partial(schedules.record, service)
            beside = [asyncio.create_task(keep_time(service.schedules, record, service.supervisor.submit))]
            if choice.local_workers is not None:
                beside.append(asyncio.create_task(keep_cluster(state.resolve(), choice.local_workers)))
            try:
                yield
            finally:
                # Nobody can fetch the answer to a call any more.
                ending: list[asyncio.Future[Any]] = [*beside, *service.calls.values()]
                for task in ending:
                    task.cancel()
                await asyncio.gather(*ending, return_exceptions=True)
                await service.supervisor.stop()

    return Starlette(
        routes=[Mount(BASE_PATH, app=Router(routes, redirect_slashes=False))],
        middleware=middleware,
        exception_handlers=dict(ANSWERS),
        lifespan=lifespan,
    )


class _Observed:
    """Tells of every request, so that an idle service can be told from a busy one."""

    def __init__(self, app: ASGIApp, on_request: Callable[[], None]) -> None:
        self._app = app
        self._on_request = on_request

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            self._on_request()
        await self._app(scope, receive, send)


def _open_state(state: Path, storage: str | None) -> sqlite3.Connection:
    own = state / "storage" if storage is None else Path(storage)
    database = state / "service.db"
    for folder in (state, state / "jobs", *(() if storage is not None and is_remote(storage) else (own,))):
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if not database.exists():
                forget_identity(state)  # with its runs the service is gone that receipts tell of; this is another one
        except OSError as error:
            raise FusedSpecError(f"{folder} cannot be used: {error.strerror}", hint="give another --state") from None
    return open_database(database)


def _service(
    state: Path,
    token: str,
    database: sqlite3.Connection,
    engine: EngineChoice,
    storage: str | None,
    allow_write: Collection[Path],
) -> Service:
    runs = Runs(database)
    root = storage or str((state / "storage").resolve())
    cluster = str(state.resolve() / CLUSTER_FILE) if engine.local_workers is not None else engine.scheduler
    images, git = Images(state.resolve()), GitUdfs(state.resolve())
    udfs, tokens = Udfs(database), Tokens(database)
    handover = Handover(state.resolve(), udfs, tokens, git)
    confining = Confining(state.resolve(), allow_write)
    return Service(
        id=identity_of(state),
        runs=runs,
        udfs=udfs,
        collections=Collections(database),
        tokens=tokens,
        storage=_storage(root),
        images=images,
        git=git,
        supervisor=Supervisor(
            runs,
            (state / "jobs").resolve(),
            root,
            engine=cluster,
            machine=this_machine(),
            images=images,
            given=lambda: {"provided": handover.as_provided(), "confinement": confining.as_confinement()},
        ),
        signer=Signer.of(token),
        schedules=Schedules(database),
        secrets=SecretValues(state / "secrets.json"),
    )


def _storage(root: str) -> Files:
    """The storage at an absolute path, or at a URL; raises `FusedSpecError` when its package is missing."""
    if not is_remote(root):
        return Storage(Path(root))
    from fused_spec.service.storage.remote import RemoteStorage  # heavy, and seldom needed

    return RemoteStorage(root)
