"""Turn what callers give into what is sent, or refuse it before anything is sent; nothing here sends."""

import re
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, BinaryIO, cast
from urllib.parse import urlsplit
from uuid import UUID

from pydantic import BaseModel, ValidationError

from fused_spec.api.errors import InvalidArgument
from fused_spec.api.http.addresses import checked_id
from fused_spec.api.values.plain import as_plain, dropped_keys
from fused_spec.configuration.instances import INSTANCE_TYPES
from fused_spec.messages.diagnostics import nearest
from fused_spec.wire import JobConfig, JobResponse, RunResponse, Udf, UdfStep, as_job_config
from fused_spec.wire.config import Step

JobReference = str | UUID | RunResponse | JobResponse
Env = Mapping[str, str] | Iterable[str] | None

_JOB_NAME = re.compile(r"[a-zA-Z][a-zA-Z0-9_.:\-]*")
_SCHEMES = ("s3", "gs", "fd", "gdrive", "dropbox", "onedrive", "file", "fused_intermediary")


def job_id_of(job: JobReference) -> str:
    """The id of a job that is given as text or a UUID, as a run, or as a line of the history.

    Runs and lines may be of this package or of the published one.
    """
    match job:
        case RunResponse():
            return checked_id(job.job_id, "job id")
        case JobResponse():
            return checked_id(job.id, "job id")
        case UUID():
            return str(job)
    if not isinstance(job, str):
        published = getattr(job, "job_id", None) or (hasattr(job, "creation_date") and getattr(job, "id", None))
        return checked_id(published or job, "job id")
    return checked_id(job, "job id")


def checked_instance_type(name: str | None) -> str | None:
    """A machine type that Fused knows; `InvalidArgument` names the nearest one."""
    if name is None or name in INSTANCE_TYPES:
        return name
    guess = nearest(str(name), INSTANCE_TYPES)
    hint = f'did you mean "{guess}"?' if guess else f"one of {', '.join(INSTANCE_TYPES)}"
    raise InvalidArgument(f'unknown instance_type "{name}"', hint=hint)


def checked_job_name(name: str | None) -> str | None:
    """A name that the published client sends, too; `InvalidArgument` for another."""
    if name is None or _JOB_NAME.fullmatch(name):
        return name
    raise InvalidArgument(
        f"{name!r} cannot be the name of a job",
        hint="start with a letter; then letters, digits and _ . : - follow",
    )


def checked_file_url(path: Any) -> str:
    """The address of a file in a storage; `InvalidArgument` for a path on this machine.

    An absolute path below /mount is one on the instances' own disk, as the published client has it.
    """
    if isinstance(path, str):
        if path == "/mount" or path.startswith("/mount/"):
            return f"file://{path}"
        if urlsplit(path).scheme in _SCHEMES:
            return path
    raise InvalidArgument(
        f"{path!r} is not the address of a file",
        hint=f"begin it with {', '.join(f'{scheme}://' for scheme in _SCHEMES[:-1])} or /mount/",
    )


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
    """A JobConfig from one, a lone step, a UDF, plain JSON, or a config, step or UDF of the published package.

    A UDF alone is run once, with its stored parameters. Raises `InvalidArgument` with the place of what is wrong. In
    plain JSON that includes keys that do not exist: a misspelt one would otherwise be dropped silently.
    """
    given = config if isinstance(config, JobConfig | Step | Udf) else _plain(config)
    try:
        if isinstance(given, Udf):
            given = UdfStep(udf=given)
        elif isinstance(given, dict) and "steps" not in given and "entrypoint" in given and "code" in given:
            given = UdfStep(udf=as_udf(given if isinstance(config, dict) else Udf.model_validate(given)))
        sent = as_job_config(given)
    except ValidationError as error:
        raise InvalidArgument(f"not a job config: {_first_problem(error)}") from None
    if isinstance(config, dict) and isinstance(given, dict):
        kept = sent.model_dump()
        _refuse_unknown_keys(config, kept if "steps" in config else kept["steps"][0], "job config")
    checked_job_name(sent.name)
    return sent


def as_udf(udf: Any) -> Udf:
    """A UDF from one, from plain JSON, or from a UDF of the published package; see `as_config`."""
    if isinstance(udf, Udf):
        return udf
    try:
        sent = Udf.model_validate(_plain(udf))
    except ValidationError as error:
        raise InvalidArgument(f"not a UDF: {_first_problem(error)}") from None
    if isinstance(udf, dict):
        _refuse_unknown_keys(udf, sent.model_dump(), "UDF")
    return sent


def content_of(model: BaseModel) -> dict[str, Any]:
    """A model as the JSON to send; raises `InvalidArgument` with the place of a value that JSON cannot carry."""
    return cast(dict[str, Any], as_plain(model.model_dump()))


def is_dataframe(value: object) -> bool:
    """Whether this is a table, with geometry or without; pandas is not imported, since who has one has imported it."""
    pandas = sys.modules.get("pandas")
    return pandas is not None and isinstance(value, pandas.DataFrame)


def local_file(value: object) -> Path | None:
    """The local file that is meant: a path, or text without a scheme that names a file which is there."""
    if isinstance(value, Path):
        return value
    if not isinstance(value, str) or not value or "\0" in value or urlsplit(value).scheme:
        return None
    return path if (path := Path(value)).is_file() else None


def write_parquet(frame: object, stream: BinaryIO) -> None:
    """Write a table as Parquet, one with geometry as GeoParquet."""
    cast(Any, frame).to_parquet(stream)


def _plain(value: Any) -> dict[str, Any]:
    """The plain form of JSON in Python, or of a model of the published package, of either pydantic generation."""
    if isinstance(value, dict):
        return value
    if isinstance(value, BaseModel) or hasattr(value, "model_dump"):
        return cast(dict[str, Any], as_plain(value.model_dump()))
    if hasattr(value, "dict"):
        return cast(dict[str, Any], as_plain(value.dict()))
    raise InvalidArgument(f"a {type(value).__name__} cannot be sent", hint="give a model of wire, or a plain dict")


def _first_problem(error: ValidationError) -> str:
    first = error.errors(include_input=False, include_url=False, include_context=False)[0]
    return f"{'.'.join(map(str, first['loc'])) or 'as a whole'}: {first['msg']}"


def _refuse_unknown_keys(given: Any, kept: Any, what: str) -> None:
    for place, choices in dropped_keys(given, kept):
        guess = nearest(place.rpartition(".")[2], choices)
        raise InvalidArgument(f"{place} is not a field of a {what}", hint=guess and f'did you mean "{guess}"?')
