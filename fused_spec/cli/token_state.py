"""The declared tokens as the service has them, and the call that runs the UDF of one."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from fused_spec.api.addresses import checked_id, path
from fused_spec.api.errors import ApiError
from fused_spec.api.limits import FILES
from fused_spec.api.reading import FusedReader
from fused_spec.cli.options import Context
from fused_spec.cli.specs import here, read_specs
from fused_spec.cli.target import connect, find_target, open_transport
from fused_spec.diagnostics import nearest
from fused_spec.errors import FusedSpecError, JobFailed, SpecError
from fused_spec.reconcile.marker import is_marked
from fused_spec.settings import Target
from fused_spec.spec.model import DesiredToken, Project, Resolution
from fused_spec.views.tokens_text import TokenState
from fused_spec.wire import UdfAccessToken

_RASTER = frozenset({"png", "tif", "tiff", "jpg", "jpeg", "gif", "webp", "npy"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """What a UDF returned."""

    content_type: str
    body: bytes


def read_tokens(
    context: Context, paths: tuple[str, ...], *, only: str | None = None
) -> tuple[Target, list[TokenState]]:
    """Every declared token, or the one with the name `only`, with its state at the target."""
    resolution = read_specs(context, here(context, paths))
    declared = _declared(resolution) if only is None else [_named(resolution, only)]
    target = find_target(context, resolution.project)
    api = connect(FusedReader, target, context, resolution.project)
    existing = api.get_udf_access_tokens(n=None) if declared else []
    scope = resolution.project.at(target).scope
    return target, [_state(one, _existing(existing, scope, one), context.cwd) for one in declared]


def declared_token(context: Context, name: str, paths: tuple[str, ...]) -> tuple[Project, DesiredToken]:
    """The token with this name, and its project; raises `FusedSpecError` with the nearest when there is none."""
    resolution = read_specs(context, here(context, paths))
    return resolution.project, _named(resolution, name)


def fetch_result(
    context: Context, project: Project, value: str, parameters: Mapping[str, str], form: str | None
) -> Fetched:
    """Run the UDF behind a token; the value stands in the URL and in no message.

    Raises `JobFailed` with the UDF's own words when it failed.
    """
    transport = open_transport(find_target(context, project), context, project)
    query = {**parameters, **_format(form)}
    try:
        answer = transport.call(
            "GET",
            path("realtime-shared", checked_id(value, "token"), "run", "file"),
            query=query,
            authenticated=False,
            limits=FILES,
        )
    except ApiError as error:
        if error.status_code != 422:
            raise
        raise JobFailed(f"the UDF failed: {error}") from None
    content_type = answer.headers.get("Content-Type", "application/octet-stream")
    return Fetched(content_type=content_type, body=answer.body)


def _format(form: str | None) -> dict[str, str]:
    """The query that asks for a form, in the words of both generations of the protocol."""
    if form is None:
        return {}
    return {"dtype_out_raster" if form in _RASTER else "dtype_out_vector": form, "format": form}


def _declared(resolution: Resolution) -> list[DesiredToken]:
    if not resolution.valid:
        raise SpecError(resolution.diagnostics)
    return [one for one in resolution.desired if isinstance(one, DesiredToken)]


def _named(resolution: Resolution, name: str) -> DesiredToken:
    """Other specs may be invalid; they matter only when the name is not found."""
    known = {one.key.name: one for one in resolution.desired if isinstance(one, DesiredToken)}
    if name in known:
        return known[name]
    if not resolution.valid:
        raise SpecError(resolution.diagnostics)
    meant = nearest(name, known)
    hint = f'did you mean "{meant}"?' if meant else "--specs PATH tells where it is declared"
    raise FusedSpecError(f'no spec here declares a token named "{name}"', hint=hint)


def _existing(tokens: list[UdfAccessToken], scope: str, declared: DesiredToken) -> UdfAccessToken | None:
    marked = [token for token in tokens if is_marked(token.metadata_json, scope, declared.key)]
    return next(iter(sorted(marked, key=lambda token: not token.enabled)), None)


def _state(declared: DesiredToken, existing: UdfAccessToken | None, cwd: Path) -> TokenState:
    sink = declared.sink
    return TokenState(
        name=declared.key.name,
        exists=existing is not None,
        enabled=existing.enabled if existing else None,
        udf=_udf(declared, existing),
        client_id=existing.client_id if existing else None,
        cache=existing.cache if existing else None,
        sink=str(sink.relative_to(cwd) if sink.is_relative_to(cwd) else sink),
        sink_written=sink.is_file(),
    )


def _udf(declared: DesiredToken, existing: UdfAccessToken | None) -> str:
    named = declared.payload["udf"]
    slug = existing.udf_slug if existing else None
    return str(slug or named.get("ref") or named.get("name") or named.get("id"))
