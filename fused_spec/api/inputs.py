"""Turn what callers give into what is sent, or refuse it before anything is sent; nothing here sends."""

import sys
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, BinaryIO, cast

from pydantic import BaseModel, ValidationError

from fused_spec.api.addresses import checked_id
from fused_spec.api.errors import InvalidArgument
from fused_spec.diagnostics import nearest
from fused_spec.wire import JobConfig, JobResponse, RunResponse, Udf, as_job_config
from fused_spec.wire.config import Step
from fused_spec.wire.instances import INSTANCE_TYPES

JobReference = str | RunResponse | JobResponse
Env = Mapping[str, str] | Iterable[str] | None


def job_id_of(job: JobReference) -> str:
    """The id of a job that is given as text, as a run, or as a line of the history."""
    match job:
        case RunResponse():
            return checked_id(job.job_id, "job id")
        case JobResponse():
            return checked_id(job.id, "job id")
        case _:
            return checked_id(job, "job id")


def checked_instance_type(name: str | None) -> str | None:
    """A machine type that Fused knows; `InvalidArgument` names the nearest one."""
    if name is None or name in INSTANCE_TYPES:
        return name
    guess = nearest(name, INSTANCE_TYPES)
    hint = f'did you mean "{guess}"?' if guess else f"one of {', '.join(INSTANCE_TYPES)}"
    raise InvalidArgument(f'unknown instance_type "{name}"', hint=hint)


def env_list(env: Env) -> list[str] | None:
    """`additional_env` as the wire has it, a list of `NAME=value`; a mapping becomes one, None stays None."""
    if env is None:
        return None
    if isinstance(env, str):
        raise InvalidArgument("additional_env is one text", hint='give a list: ["NAME=value"]')
    if isinstance(env, Mapping):
        if wrong := [name for name, value in env.items() if not isinstance(value, str)]:
            raise InvalidArgument(f'additional_env: the value of "{wrong[0]}" is not text', hint="quote it")
        env = [f"{name}={value}" for name, value in env.items()]
    pairs = list(env)
    for number, pair in enumerate(pairs):
        if not isinstance(pair, str) or not pair.partition("=")[0] or "=" not in pair or "\0" in pair:
            # The value may be a secret, so only the place is told.
            raise InvalidArgument(f"additional_env[{number}] is not NAME=value")
    return pairs


def as_config(config: Any) -> JobConfig:
    """A JobConfig from one, a lone step, plain JSON, or a config or step of the published package.

    Raises `InvalidArgument` with the place of what is wrong. In plain JSON that includes keys that do not exist:
    a misspelt one would otherwise be dropped silently.
    """
    try:
        sent = as_job_config(config if isinstance(config, JobConfig | Step | dict) else _plain(config))
    except ValidationError as error:
        raise InvalidArgument(f"not a job config: {_first_problem(error)}") from None
    if isinstance(config, dict):
        kept = sent.model_dump()
        _refuse_unknown_keys(config, kept if "steps" in config else kept["steps"][0], "job config")
    return sent


def as_udf(udf: Any) -> Udf:
    """A UDF from one, from plain JSON, or from a UDF of the published package; see `as_config`."""
    if isinstance(udf, Udf):
        return udf
    try:
        sent = Udf.model_validate(udf if isinstance(udf, dict) else _plain(udf))
    except ValidationError as error:
        raise InvalidArgument(f"not a UDF: {_first_problem(error)}") from None
    if isinstance(udf, dict):
        _refuse_unknown_keys(udf, sent.model_dump(), "UDF")
    return sent


def is_geodataframe(value: object) -> bool:
    """Whether this is a GeoDataFrame; without importing geopandas, since who has one has imported it."""
    geopandas = sys.modules.get("geopandas")
    return geopandas is not None and isinstance(value, geopandas.GeoDataFrame)


def write_geoparquet(frame: object, stream: BinaryIO) -> None:
    """Write a GeoDataFrame as GeoParquet."""
    cast(Any, frame).to_parquet(stream)


def _plain(value: Any) -> dict[str, Any]:
    """The plain form of a model of the published package, which may be of either pydantic generation."""
    if isinstance(value, BaseModel) or hasattr(value, "model_dump"):
        return cast(dict[str, Any], value.model_dump(mode="json"))
    if hasattr(value, "dict"):
        return cast(dict[str, Any], value.dict())
    raise InvalidArgument(f"a {type(value).__name__} cannot be sent", hint="give a model of wire, or a plain dict")


def _first_problem(error: ValidationError) -> str:
    first = error.errors(include_input=False, include_url=False, include_context=False)[0]
    return f"{'.'.join(map(str, first['loc'])) or 'as a whole'}: {first['msg']}"


def _refuse_unknown_keys(given: Any, kept: Any, what: str) -> None:
    for place, choices in _dropped(given, kept):
        guess = nearest(place.rpartition(".")[2], choices)
        raise InvalidArgument(f"{place} is not a field of a {what}", hint=guess and f'did you mean "{guess}"?')


def _dropped(given: Any, kept: Any, place: str = "") -> Iterator[tuple[str, list[str]]]:
    """Each key of `given` that is not in `kept`, with the keys that are."""
    if isinstance(given, Mapping) and isinstance(kept, Mapping):
        for key, value in given.items():
            inner = f"{place}.{key}" if place else str(key)
            if key not in kept:
                yield inner, list(kept)
            else:
                yield from _dropped(value, kept[key], inner)
    elif isinstance(given, list) and isinstance(kept, list | tuple):
        for number, (one, other) in enumerate(zip(given, kept, strict=True)):
            yield from _dropped(one, other, f"{place}[{number}]")
