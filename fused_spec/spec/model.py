"""Desired state: frozen values that say what a person declared, with everything resolved.

A `payload` is plain JSON in its smallest form: what equals its default is left out, so a new field with a
default in a later version changes no digest. The digest covers the payload and nothing else.
"""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from msgspec import Struct, field
from msgspec.structs import replace

from fused_spec.configuration.declared_secrets import NO_SECRETS, Secrets
from fused_spec.configuration.settings import HOSTED_TARGET, Target
from fused_spec.messages.diagnostics import Diagnostic, Location
from fused_spec.spec.files.meant import UNREAD
from fused_spec.udfs.code_places import CodePlaces

if TYPE_CHECKING:
    from fused_spec.configuration.token_sinks import Sink
    from fused_spec.spec.documents.document import Document
    from fused_spec.spec.policies.judge import Judge

DEFAULT_SCOPE = "default"


class Kind(StrEnum):
    JOB = "Job"
    UDF = "Udf"
    TOKEN = "UdfAccessToken"  # noqa: S105  # a kind, not a secret


class Key(Struct, frozen=True, kw_only=True, order=True, cache_hash=True):
    """The stable address of a declared thing within a project; looked up all the time, so its hash is kept."""

    kind: Kind
    name: str

    def __str__(self) -> str:
        return f"{self.kind}/{self.name}"


class HasCell(Protocol):
    """What has a name, and may be a cell of a group."""

    @property
    def kind(self) -> str | None: ...
    @property
    def name(self) -> str | None: ...
    @property
    def group(self) -> str | None: ...


class When(StrEnum):
    ONCE = "once"
    ON_CHANGE = "on-change"
    ALWAYS = "always"
    MANUAL = "manual"


class OnFailure(StrEnum):
    HOLD = "hold"
    RETRY = "retry"


class OnChangeWhileRunning(StrEnum):
    REPLACE = "replace"
    WAIT = "wait"


class OnUpstream(StrEnum):
    RERUN = "rerun"
    IGNORE = "ignore"


class OnRetry(StrEnum):
    FAILED = "failed"
    ALL = "all"


class OnFailedTasks(StrEnum):
    FAIL = "fail"
    WARN = "warn"


class RunPolicy(Struct, frozen=True, kw_only=True):
    """When a job runs again, and how much it may take; times in seconds, `max_cost` in US dollars.

    `on_retry` is `failed` only where a job makes a result of each of its elements. `task_retries` is for the service.
    """

    when: When = When.ON_CHANGE
    on_failure: OnFailure = OnFailure.HOLD
    retries: int = 0
    on_retry: OnRetry = OnRetry.ALL
    task_retries: int = 0
    on_change_while_running: OnChangeWhileRunning = OnChangeWhileRunning.REPLACE
    upstream: OnUpstream = OnUpstream.RERUN
    failed_tasks: OnFailedTasks = OnFailedTasks.WARN
    timeout: float | None = None
    max_age: float | None = None
    max_duration: float | None = None
    max_cost: float | None = None


class LocalFile(Struct, frozen=True, kw_only=True):
    """A file that a job reads: uploaded to `url`, which its content alone decides."""

    path: Path
    sha256: str
    size: int
    url: str


class Adopted(Struct, frozen=True, kw_only=True):
    """A run from before the spec, and the digest that it counts for."""

    run: str
    digest: str


class Desired(Struct, frozen=True, kw_only=True):
    """What every kind has.

    `sources` names the file behind a payload path (`config.steps.0.udf.code` → `udfs/area.py`), so that a
    plan can say which file changed. `group` is the name that the cells of one matrix share, `cell` the keys of this one
    by dimension. `former` are the keys that it had before, the newest first.
    """

    key: Key
    payload: Mapping[str, Any]
    digest: str
    origin: Location
    description: str | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    sources: Mapping[str, str] = field(default_factory=dict)
    group: str | None = None
    cell: Mapping[str, str] = field(default_factory=dict)
    former: tuple[Key, ...] = ()


class DesiredJob(Desired, frozen=True, kw_only=True):
    """A job; the payload holds `config` and, where given, start_job's keywords by the same names:
    `instance_type`, `region`, `disk_size_gb`, `image_name`, and `additional_env` as `{NAME: value}`, where a value that
    is no text names secrets (`messages.named_secrets`).

    `reads` are those of its needs whose output it reads; `writes` are the addresses that it says it writes besides its
    steps. `start` holds start_job's keywords that decide nothing about the result, and so are no part of the digest:
    `send_status_email` and `cache_max_age`. `adopts` are runs from before the spec. `code_places` say where its code
    stands.
    """

    needs: tuple[Key, ...] = ()
    reads: tuple[Key, ...] = ()
    writes: tuple[str, ...] = ()
    run: RunPolicy = RunPolicy()
    files: tuple[LocalFile, ...] = ()
    start: Mapping[str, Any] = field(default_factory=dict)
    protect: bool = False
    adopts: tuple[Adopted, ...] = ()
    code_places: CodePlaces = field(default_factory=dict)

    @property
    def only_needed(self) -> tuple[Key, ...]:
        """Those of its needs whose output it does not read."""
        return tuple(key for key in self.needs if key not in self.reads)


class DesiredUdf(Desired, frozen=True, kw_only=True):
    """A saved UDF; the payload holds `slug`, `udf`, `allow_public_read`, `allow_public_list`.

    A slug that no spec `says` is the first name that the UDF had. `adopts` is the id of one that was saved before the
    spec.
    """

    says_slug: bool = False
    adopts: str | None = None


class Life(Struct, frozen=True, kw_only=True):
    """How long a token's value is to be used: so many `seconds` from its making, or `until` then.

    It is told of from `warn_before` seconds before its end.
    """

    seconds: float | None = None
    until: datetime | None = None
    warn_before: float


class DesiredToken(Desired, frozen=True, kw_only=True):
    """A UDF access token; the payload holds `udf` (`{id}`, `{email, name}`, `{name}` or `{ref}`), `client_id`,
    `cache`, `metadata_json`, `enabled`. `sink` is what receives the token's value, and `sink_said` the same as the
    spec names it. With `adopts` the value that lies there is that of a token from before the spec. `life` is no part of
    the payload: the service knows nothing of it, and a
    token need not be made anew for it."""

    sink: "Sink"
    sink_said: str = ""
    life: Life | None = None
    needs: tuple[Key, ...] = ()
    protect: bool = False
    adopts: bool = False


class Project(Struct, frozen=True, kw_only=True):
    """What `fused-spec.yaml` says; without one the scope is `default`, and prune is refused.

    `scope` marks every run: the project's id, and with an `environment` that as well.

    `root` confines every file a spec may name; `state` is the folder for the local service, the archive
    and caches (`.fused-spec` beside the project file). `clones` are repositories on this machine, by URL. `engine` and
    `storage` are those of the local service, as `serve` takes them. `exclude` are patterns of files that are no specs.
    `document` is the project file as it was read, for what it says of the specs themselves.
    """

    name: str
    scope: str
    root: Path
    state: Path
    default_target: str = "local"
    targets: Mapping[str, Target] = field(default_factory=dict)
    archive: str | None = None
    prices: Mapping[str, float] = field(default_factory=dict)
    images: Mapping[str, Any] = field(default_factory=dict)
    clones: Mapping[str, Path] = field(default_factory=dict)
    engine: str | None = None
    storage: str | None = None
    exclude: tuple[str, ...] = ()
    file: Path | None = None
    environment: str | None = None
    document: "Document | None" = None

    @property
    def hosted(self) -> str | None:
        """The target that is Fused's hosted service, if the project names one."""
        names = [name for name, target in self.targets.items() if target.is_hosted]
        return next(iter(names), HOSTED_TARGET if self.default_target == HOSTED_TARGET else None)

    def at(self, target: Target) -> "Project":
        """The project in the environment of a target.

        Without one its scope is its id alone, as it was before there were environments. No id holds a dot.
        """
        if target.scope is None or self.environment is not None:
            return self
        return replace(self, scope=f"{self.scope}.{target.scope}", environment=target.scope)


class Survey(Struct, frozen=True, kw_only=True):
    """What is wrong with the specs, and how many there are: `specs` that declare something, in so many `files`.

    `names` are those of all files in which there is a spec, right or wrong.
    """

    project: Project
    diagnostics: tuple[Diagnostic, ...]
    specs: int
    files: int
    names: tuple[str, ...] = ()

    @property
    def valid(self) -> bool:
        return not any(diagnostic.is_error for diagnostic in self.diagnostics)


class Resolution(Struct, frozen=True, kw_only=True):
    """Everything the specs say: desired state in the order of their files, and every problem found.

    `files` are those that were read; others of the project may declare more. `secrets` are those of its target. `judge`
    knows the policies, if there are any: those on plans are asked later. `outside` are values that stand in no file,
    with what gave them.
    """

    project: Project
    desired: tuple[Desired, ...]
    diagnostics: tuple[Diagnostic, ...] = ()
    files: tuple[Path, ...] = ()
    secrets: Secrets = NO_SECRETS
    judge: "Judge | None" = None
    outside: tuple[str, ...] = ()

    @property
    def valid(self) -> bool:
        return not any(diagnostic.is_error for diagnostic in self.diagnostics)

    @property
    def unread(self) -> tuple[str, ...]:
        """The files that were passed over although nobody could read what they are."""
        return tuple(dict.fromkeys(one.location.path for one in self.diagnostics if one.code == UNREAD))
