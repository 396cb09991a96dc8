"""What something new declares, in a few words: where it runs, over what, and what it writes."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from fused_spec.messages.named_secrets import text_of
from fused_spec.messages.phrases import counted, cut
from fused_spec.messages.redaction import shown_env
from fused_spec.spec.model import Desired, DesiredJob, DesiredToken, DesiredUdf
from fused_spec.spec.relations.addresses import addresses_written
from fused_spec.views.words.shown import one_line, visible, without_secrets

_SHOWN = 4
_WIDTH = 60
_ENV_ALWAYS = {"FUSED_CREDENTIAL_PROVIDER": "ec2"}


def declared_lines(desired: Desired) -> list[str]:
    """The machine, and a line for each step; of a UDF its file, of a token what it is for and where its value goes."""
    match desired:
        case DesiredJob():
            machine, steps, needs = _machine(desired.payload), _steps(desired), desired.only_needed
            after = [f"needs {', '.join(map(str, needs))}"] if needs else []
            return [*([f"on {machine}"] if machine else []), *after, *steps]
        case DesiredUdf():
            return [_udf(desired.payload["udf"], "udf", desired.sources)]
        case DesiredToken():
            return [f"for {_udf_of(desired)}; its value goes to {visible(desired.sink_said or str(desired.sink))}"]
    return []


def declared_rows(desired: Desired) -> list[tuple[str, str]]:
    """The same with a word in front of each, and with everything that has a default only where it was said."""
    match desired:
        case DesiredJob(payload=payload, needs=needs):
            rows = [
                ("machine", visible(str(payload.get("instance_type", "the default of the service")))),
                *((word, visible(str(payload[name]))) for name, word in _PLACES.items() if name in payload),
                *(("variable", f"{name}={visible(value)}") for name, value in _env(payload).items()),
                *(("needs", str(key)) for key in needs),
                *(("step", line) for line in _steps(desired)),
            ]
            return [
                *rows,
                *(("writes", visible(output)) for output in addresses_written(desired.payload.get("config"))),
            ]
    return [("", line) for line in declared_lines(desired)]


def code_of(desired: Desired) -> list[tuple[str, str]]:
    """Its code by the names of its files, headers included, with what looks like a secret masked."""
    found: list[tuple[str, str]] = []
    for path, udf in _udfs(desired):
        texts = [(f"{path}.code", udf.get("code"))]
        headers = udf.get("headers") or []
        texts += [
            (f"{path}.headers.{number}.source_code", one.get("source_code")) for number, one in enumerate(headers)
        ]
        found += [
            (desired.sources.get(place, str(udf.get("name") or "udf")), str(without_secrets(text)))
            for place, text in texts
            if isinstance(text, str)
        ]
    return found


_PLACES = {"region": "region", "disk_size_gb": "disk in GB", "image_name": "image"}


def _machine(payload: Mapping[str, Any]) -> str:
    disk = f"{payload['disk_size_gb']} GB of disk" if "disk_size_gb" in payload else None
    image = f"image {payload['image_name']}" if "image_name" in payload else None
    said = [payload.get("instance_type"), payload.get("region"), disk, image]
    return ", ".join(visible(str(one)) for one in said if one)


def _env(payload: Mapping[str, Any]) -> dict[str, str]:
    given = {name: text_of(value) for name, value in shown_env(payload.get("additional_env", {})).items()}
    return {name: value for name, value in given.items() if _ENV_ALWAYS.get(name) != value}


def _steps(job: DesiredJob) -> list[str]:
    steps = job.payload.get("config", {}).get("steps", [])
    lines = [_step(step, f"config.steps.{number}", job.sources) for number, step in enumerate(steps)]
    return lines if len(lines) == 1 else [f"{number}. {line}" for number, line in enumerate(lines, start=1)]


def _step(step: Mapping[str, Any], path: str, sources: Mapping[str, str]) -> str:
    """One step: its code or its kind, what it reads, and where it writes."""
    given = step.get("input")
    if "udf" in step:
        over = f" over {_inputs(given)}" if isinstance(given, Sequence) and not isinstance(given, str) else ""
        return f"{_udf(step['udf'], f'{path}.udf', sources)}{over}"
    source = sources.get(f"{path}.input")
    read = visible(source) if source else _addresses(given)
    written = f" → {visible(str(step['output']))}" if step.get("output") else ""
    return f"{visible(str(step.get('type')))} of {read}{written}"


def _udf(udf: Mapping[str, Any], path: str, sources: Mapping[str, str]) -> str:
    code = udf.get("code")
    lines = f", {counted(len(code.splitlines()), 'line')}" if isinstance(code, str) else ""
    place = sources.get(f"{path}.code") or udf.get("name") or udf.get("entrypoint")
    given = udf.get("parameters")
    named = f", with {one_line(without_secrets(given), 2 * _WIDTH)}" if given else ""
    return f"udf {visible(str(place))}{lines}{named}"


def _inputs(given: Sequence[Any]) -> str:
    """How many, and the first of them as far as a line is short."""
    shown: list[str] = []
    for value in given[:_SHOWN]:
        shown.append(one_line(without_secrets(value), _WIDTH))
        if sum(map(len, shown)) > _WIDTH:
            break
    more = f", … {len(given) - len(shown):,} more" if len(given) > len(shown) else ""
    return f"{counted(len(given), 'input')}: {', '.join(shown)}{more}"


def _addresses(given: Any) -> str:
    several = [given] if isinstance(given, str) else list(given or [])
    shown = ", ".join(cut(visible(str(without_secrets(one))), 2 * _WIDTH) for one in several[:_SHOWN])
    return shown + (f" and {len(several) - _SHOWN:,} more" if len(several) > _SHOWN else "")


def _udf_of(token: DesiredToken) -> str:
    named = token.payload["udf"]
    return str(token.needs[0]) if token.needs else one_line(without_secrets(dict(named)), _WIDTH)


def _udfs(desired: Desired) -> Iterator[tuple[str, Mapping[str, Any]]]:
    if isinstance(desired, DesiredUdf):
        yield "udf", desired.payload["udf"]
    for number, step in enumerate(desired.payload.get("config", {}).get("steps", [])):
        if "udf" in step:
            yield f"config.steps.{number}.udf", step["udf"]
