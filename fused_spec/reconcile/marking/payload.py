"""Translate between what specs say and what HTTP carries: the one place where the two meet.

A step's `expect` travels in its metadata, beside what the user keeps there and what the spec says of reading inputs: a
service that does not know it carries it along like any label. For comparison both sides are brought into one form: the
wire model without what equals its defaults. A type is kept, since it is its own default and yet says which step this
is.
"""

from collections.abc import Mapping
from typing import Any

from fused_spec.jobs.parts import Part
from fused_spec.messages.named_secrets import is_named, text_of
from fused_spec.messages.redaction import shown_env
from fused_spec.plan.diff import field_changes
from fused_spec.plan.model import FieldChange
from fused_spec.reconcile.marking.marker import FIELD, Marker, is_protected, object_marker
from fused_spec.reconcile.marking.saved_code import is_saved_again
from fused_spec.spec.inputs.read_options import READ, reading_in
from fused_spec.spec.model import DesiredJob, DesiredToken, DesiredUdf, Key
from fused_spec.wire import JobConfig, SavedUdf, Udf, UdfAccessToken

_EXPECT = "expect"
SETTINGS = ("instance_type", "region", "disk_size_gb", "image_name", "additional_env")


def shown_settings(job: DesiredJob) -> dict[str, Any]:
    """start_job's keywords as they may be kept where others read them."""
    settings = {name: job.payload[name] for name in SETTINGS if name in job.payload}
    if "additional_env" in settings:
        settings["additional_env"] = shown_env(settings["additional_env"])
    return settings


def job_config(job: DesiredJob, marker: Marker) -> JobConfig:
    """The config to send: named after the job unless the spec names it, with the marker in its metadata.

    That of a part of the elements has these alone as its input.
    """
    config = wire_config(job.payload if marker.part is None else _with_part(job.payload, marker.part))
    metadata = {**(config.metadata or {}), FIELD: marker.to_metadata()}
    return config.model_copy(update={"name": config.name or job.key.name, "metadata": metadata})


def wire_config(payload: Mapping[str, Any]) -> JobConfig:
    """The config of a job's payload in the words of the wire."""
    config = payload["config"]
    return JobConfig.model_validate({**config, "steps": [_wire_step(step) for step in config["steps"]]})


def _with_part(payload: Mapping[str, Any], part: Part) -> dict[str, Any]:
    config = payload["config"]
    [step] = config["steps"]
    elements = [step["input"][number] for number in part.elements]
    return {**payload, "config": {**config, "steps": [{**step, "input": elements}]}}


def _wire_step(step: Mapping[str, Any]) -> dict[str, Any]:
    said = {name: value for name, value in step.items() if name != _EXPECT}
    if _EXPECT in step:
        metadata = step.get("metadata") or {}
        said["metadata"] = {**metadata, FIELD: {**(metadata.get(FIELD) or {}), _EXPECT: step[_EXPECT]}}
    return said


def job_differences(job: DesiredJob, config: JobConfig, marker: Marker) -> tuple[FieldChange, ...]:
    """How the declared job differs from what a run was started with; one for a part does not tell all elements."""
    before = {"config": smallest_config(config), **_as_written(marker.settings)}
    after = {"config": smallest_config(wire_config(job.payload)), **_as_written(shown_settings(job))}
    if marker.part is not None:
        before, after = _without_elements(before), _without_elements(after)
    return field_changes(before, after)


def _without_elements(payload: Mapping[str, Any]) -> dict[str, Any]:
    steps = [{name: value for name, value in step.items() if name != "input"} for step in payload["config"]["steps"]]
    return {**payload, "config": {**payload["config"], "steps": steps}}


def config_differences(job: DesiredJob, config: JobConfig) -> tuple[FieldChange, ...]:
    """The same where nothing but the config of a run is known."""
    return field_changes({"config": smallest_config(config)}, {"config": smallest_config(wire_config(job.payload))})


def archived_differences(job: DesiredJob, spec: Mapping[str, Any], part: Part | None = None) -> tuple[FieldChange, ...]:
    """How the declared job differs from what was archived with a run; none where that is of no form known here."""
    try:
        config = wire_config(spec)
    except (ValueError, KeyError, TypeError, AttributeError):
        return ()
    before = {"config": smallest_config(config), **_as_written({name: spec[name] for name in SETTINGS if name in spec})}
    after = {"config": smallest_config(wire_config(job.payload)), **_as_written(shown_settings(job))}
    if part is not None:
        before, after = _without_elements(before), _without_elements(after)
    return field_changes(before, after)


def _as_written(settings: Mapping[str, Any]) -> dict[str, Any]:
    """The settings with names of secrets as specs have them; a text that only looks like one is written otherwise."""
    env = settings.get("additional_env")
    if not isinstance(env, Mapping):
        return dict(settings)
    written = {
        name: text_of(value) if is_named(value) else value.replace("${", "$${") if isinstance(value, str) else value
        for name, value in env.items()
    }
    return {**settings, "additional_env": written}


def desired_udf(declared: DesiredUdf, scope: str) -> Udf:
    """The UDF to save, with the marker in its metadata.

    Its name is the spec's unless the spec or the code gives it one: clients list saved UDFs by name, and most functions
    are called `udf`.
    """
    udf = Udf.model_validate(declared.payload["udf"])
    metadata = {**(udf.metadata or {}), FIELD: object_marker(scope, declared.key)}
    name = declared.payload["slug"] if udf.name in (None, udf.entrypoint) else udf.name
    return udf.model_copy(update={"name": name, "metadata": metadata})


def udf_differences(declared: DesiredUdf, saved: SavedUdf) -> tuple[FieldChange, ...]:
    """How the declared UDF differs from the saved one; the permissions count where the service tells them.

    One that was saved under its function's name, or by a published client once more, is no other for that.
    """
    udf, found = Udf.model_validate(declared.payload["udf"]), saved.udf
    before: dict[str, Any] = {"slug": saved.slug, "udf": _smallest_udf(found)}
    after: dict[str, Any] = {"slug": declared.payload["slug"], "udf": _smallest_udf(udf)}
    if found.name in (udf.name, declared.payload["slug"]):
        before["udf"]["name"] = after["udf"]["name"] = udf.name
    if is_saved_again(udf, found):
        before["udf"] |= {"code": udf.code, "entrypoint": udf.entrypoint}
    for name in ("allow_public_read", "allow_public_list"):
        if (told := getattr(saved, name)) is not None:
            before[name], after[name] = told, declared.payload.get(name, False)
    return field_changes(before, after)


def token_differences(
    declared: DesiredToken, token: UdfAccessToken, udf_ids: Mapping[Key, str]
) -> tuple[FieldChange, ...]:
    """How the declared token differs from the existing one; what the spec leaves open is left as it is."""
    before: dict[str, Any] = {"udf": _token_udf(declared, token)}
    after: dict[str, Any] = {"udf": _declared_udf(declared, udf_ids)}
    existing = {"cache": token.cache, "enabled": token.enabled, "client_id": token.client_id}
    for name, default in (("cache", True), ("enabled", True), ("client_id", token.client_id)):
        before[name], after[name] = existing[name], declared.payload.get(name, default)
    before["protect"], after["protect"] = is_protected(token.metadata_json), declared.protect
    before["metadata_json"] = _unmarked(token.metadata_json)
    after["metadata_json"] = dict(declared.payload.get("metadata_json", {}))
    return field_changes(before, after)


def _declared_udf(declared: DesiredToken, udf_ids: Mapping[Key, str]) -> dict[str, Any]:
    reference = declared.payload["udf"]
    return {"id": udf_ids.get(declared.needs[0])} if "ref" in reference else dict(reference)


def _token_udf(declared: DesiredToken, token: UdfAccessToken) -> dict[str, Any]:
    """The existing token's UDF in the words in which the spec names its own."""
    words = {"id": token.udf_id, "name": token.udf_slug, "email": token.udf_email}
    named = declared.payload["udf"]
    return {"id": token.udf_id} if "ref" in named else {word: words[word] for word in named}


def smallest_config(config: JobConfig) -> dict[str, Any]:
    """The steps alone: a config's name and metadata are labels."""
    steps = []
    for step in config.steps:
        small = {"type": step.type, **step.model_dump(mode="json", exclude_defaults=True, exclude={"metadata"})}
        small |= _own_words(step.metadata)
        if "udf" in small:
            small["udf"] = _without_labels(small["udf"])
        steps.append(small)
    return {"steps": steps}


def _own_words(metadata: Mapping[str, Any] | None) -> dict[str, Any]:
    """What a step's metadata carries for a spec; the rest of it is a label."""
    carried = (metadata or {}).get(FIELD)
    words = {_EXPECT: carried[_EXPECT]} if isinstance(carried, dict) and _EXPECT in carried else {}
    reading = reading_in(metadata)
    return {**words, "metadata": {FIELD: {READ: dict(reading)}}} if reading else words


def _smallest_udf(udf: Udf) -> dict[str, Any]:
    """Without its labels, and without the collection that it is filed in, which no spec says."""
    filed = {"collection_id", "collection_name"}
    return _without_labels(udf.model_dump(mode="json", exclude_defaults=True, exclude=filed))


def _without_labels(udf: dict[str, Any]) -> dict[str, Any]:
    """Without metadata, and without the decorator's own words, which are part of the code."""
    return {name: value for name, value in udf.items() if name not in ("metadata", "original_headers")}


def _unmarked(metadata: Mapping[str, Any] | None) -> dict[str, Any]:
    return {name: value for name, value in (metadata or {}).items() if name != FIELD}
