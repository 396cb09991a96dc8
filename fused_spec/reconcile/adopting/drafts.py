"""A start as the smallest document that says it: no field equal to its default, and code in files."""

import json
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

from fused_spec.errors import FusedSpecError
from fused_spec.reconcile.adopting.code_files import CodeFiles
from fused_spec.reconcile.adopting.origin import Origin
from fused_spec.reconcile.adopting.settings import start_document, with_secrets
from fused_spec.reconcile.marking.marker import FIELD
from fused_spec.spec.resolving.steps import without_defaults
from fused_spec.spec.udfs.python_source import BadSyntax, syntax_of
from fused_spec.udfs.bundle import Bundle, bundle_of, is_bundled
from fused_spec.wire import Udf
from fused_spec.wire.config import JobStep, UdfStep

_EXPECT = "expect"
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.:-]{0,127}")
_IN_SPECS = ("file", "output_of")
_LONGEST_INPUT = 32_768  # characters; more is kept beside the spec
_DEEPEST = 60
_UNSAID = ("engine", "disk_size_gb", "region")


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """The `spec` of a document, and what it is to be called.

    `is_named` tells whether somebody gave it its name. `hidden` are variables whose values are secrets that nobody
    declared, `lost` what the language cannot say.
    """

    origin: Origin
    name: str
    is_named: bool
    spec: Mapping[str, Any]
    hidden: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()


def draft_of(origin: Origin, code: CodeFiles, secrets: Collection[str] = ()) -> Draft:
    """The draft of one start, its code among the files; raises `FusedSpecError` for what no spec can say.

    `secrets` are those that the project declares.
    """
    name, is_named = _called(origin)
    origin, lost = _with_sound_names(origin)
    config = origin.config
    steps = []
    for step in config.steps:
        steps.append(_step(step, name, code))
        if isinstance(step, UdfStep):
            lost += [f"{field} of the UDF ({told})" for field in _UNSAID if (told := getattr(step.udf, field))]
    said: dict[str, Any] = {}
    if config.name and config.name != (origin.marker.key.name if origin.marker else None):
        said["name"] = config.name
    said["steps"] = steps
    if metadata := _own(config.metadata):
        said["metadata"] = metadata
    start, hidden = start_document(origin)
    spec = {**start, "config": said}
    _refuse_odd(spec)
    _refuse_references(spec)
    declared = [one for one in hidden if one in secrets]
    return Draft(
        origin=origin,
        name=name,
        is_named=is_named,
        spec=with_secrets(spec_values(spec), declared),
        hidden=tuple(one for one in hidden if one not in declared),
        lost=tuple(lost),
    )


def udf_document(udf: Udf, name: str, code: CodeFiles) -> dict[str, Any]:
    """The UDF as a spec has it."""
    headers = [header for header in udf.headers or [] if not is_bundled(header.source_file)]
    carried = _carried(udf, name)
    if carried.home.startswith("git+"):
        raise FusedSpecError(f"the UDF of {name} comes from git, {carried.home}: name it there, udf: {{git: …}}")
    beside = {place: one.text.code for place, one in carried.entries.items() if not place.startswith(("git+", "file:"))}
    called = udf.name if udf.name and udf.name != "udf" else name
    said: dict[str, Any] = {"file": f"../{code.place(called, udf.code, beside)}"}
    if udf.entrypoint != _entry(udf.code):
        said["entrypoint"] = udf.entrypoint
    if udf.name not in (None, udf.entrypoint):
        said["name"] = udf.name
    if headers:
        said["headers"] = [
            {"module_name": one.module_name, "file": f"../{code.place(one.module_name, one.source_code)}"}
            for one in headers
        ]
    more = {"parameters": udf.parameters, "metadata": _own(udf.metadata), "table_schema": udf.table_schema}
    said |= {field: value for field, value in more.items() if value}
    if udf.cache_max_age is not None:
        said["cache_max_age"] = udf.cache_max_age
    return said


def _with_sound_names(origin: Origin) -> tuple[Origin, list[str]]:
    """The start without names that no spec takes, which earlier clients let pass; and what these were."""
    config, lost = origin.config, []

    def sound(name: str | None, whose: str) -> str | None:
        if not name or _NAME.fullmatch(name):
            return name
        lost.append(f"{whose} {name!r}")
        return None

    steps: list[JobStep] = []
    for step in config.steps:
        update: dict[str, Any] = {"name": sound(step.name, "the name of a step,")}
        if isinstance(step, UdfStep):
            name = sound(step.udf.name, "the name of a UDF,")
            update["udf"] = step.udf.model_copy(update={"name": name})
        steps.append(step.model_copy(update=update))
    update = {"steps": steps, "name": sound(config.name, "its name at the service,")}
    return replace(origin, config=config.model_copy(update=update)), lost


def _carried(udf: Udf, name: str) -> Bundle:
    try:
        return bundle_of((header.source_file, header.source_code) for header in udf.headers or [])
    except (ValueError, KeyError, TypeError, AttributeError):
        raise FusedSpecError(f"what travels with the UDF of {name} cannot be read") from None


def as_name(text: str) -> str | None:
    """The text as far as it makes the name of a spec."""
    words = re.sub(r"[^a-z0-9]+", "-", text.lower())
    return re.sub(r"^[^a-z]+", "", words)[:63].strip("-") or None


def escaped(text: str) -> str:
    """The text as it stands in a spec, where `${` begins a name."""
    return text.replace("${", "$${")


def _step(step: JobStep, name: str, code: CodeFiles) -> dict[str, Any]:
    said = without_defaults(step.model_dump(mode="json", exclude={"udf", "metadata"}))
    own, words = _own(step.metadata), (step.metadata or {}).get(FIELD)
    words = dict(words) if isinstance(words, Mapping) else {}
    expect = words.pop(_EXPECT, None)
    metadata = {**own, **({FIELD: words} if words and not isinstance(step, UdfStep) else {})}
    if isinstance(step, UdfStep):
        inputs = said.pop("input", None)
        said["udf"] = udf_document(step.udf, step.name or name, code)
        said |= {"input": _inputs(inputs, name, code)} if inputs is not None else {}
    first = {field: said[field] for field in ("type", "name") if field in said}
    return first | said | ({"metadata": metadata} if metadata else {}) | ({"expect": expect} if expect else {})


def _inputs(elements: list[Any], name: str, code: CodeFiles) -> Any:
    """The elements, or where there are very many the file that has them."""
    text = json.dumps(elements, ensure_ascii=False)
    return elements if len(text) <= _LONGEST_INPUT else {"elements": f"../{code.elements(name, text)}"}


def _entry(code: str) -> str | None:
    """The function that is called where a spec names none."""
    syntax = syntax_of(code)
    if isinstance(syntax, BadSyntax):
        raise FusedSpecError(f"its code is no Python that can be read: {syntax.message} (line {syntax.line})")
    marked = [one.name for one in syntax.functions if one.is_udf]
    return marked[0] if len(marked) == 1 else "udf" if "udf" in marked else None


def _own(metadata: Mapping[str, Any] | None) -> dict[str, Any]:
    return {name: value for name, value in (metadata or {}).items() if name != FIELD}


def _called(origin: Origin) -> tuple[str, bool]:
    """A name for the document, and whether somebody gave it: else it is that of a step, a UDF or a table."""
    if (name := as_name(origin.name or "")) is not None:
        return name, True
    for step in origin.config.steps:
        if isinstance(step, UdfStep):
            known = [step.name, step.udf.name, step.udf.entrypoint]
        else:
            known = [step.name, (step.output or "").rstrip("/").rpartition("/")[2]]
        for one in known:
            if one and one != "udf" and (name := as_name(one)) is not None:
                return name, False
    return "job", False


def _refuse_references(value: Any) -> None:
    """What a config says literally may read as a reference in a spec, and would then mean something else."""
    config = value["config"]
    for step in config["steps"]:
        elements = step.get("input")
        for part in (step.get("udf", {}).get("parameters"), elements if isinstance(elements, list) else None):
            if any(_is_reference(one) for one in _mappings(part)):
                raise FusedSpecError(
                    "a parameter or an input is a mapping that a spec reads as a reference", hint="name its key anew"
                )


def _is_reference(value: Mapping[str, Any]) -> bool:
    return len(value) == 1 and next(iter(value)) in _IN_SPECS


def _mappings(value: Any) -> list[Mapping[str, Any]]:
    if isinstance(value, Mapping):
        return [value, *(one for item in value.values() for one in _mappings(item))]
    return [one for item in value for one in _mappings(item)] if isinstance(value, list) else []


def _refuse_odd(spec: Mapping[str, Any]) -> None:
    if _depth(spec, _DEEPEST) > _DEEPEST:
        raise FusedSpecError(f"its values are nested more than {_DEEPEST} deep")
    try:
        json.dumps(spec, allow_nan=False)
    except ValueError:
        raise FusedSpecError("it holds a number that JSON cannot, such as NaN") from None


def _depth(value: Any, most: int) -> int:
    """How deep values are nested, as far as `most` and one more."""
    inside = list(value.values()) if isinstance(value, Mapping) else value if isinstance(value, list) else []
    return 1 + max((_depth(one, most - 1) for one in inside), default=0) if most >= 0 else 1


def spec_values(value: Any) -> Any:
    """The value as a spec has it: `${` begins no name in it."""
    match value:
        case str():
            return escaped(value)
        case Mapping():
            return {name: spec_values(item) for name, item in value.items()}
        case list() | tuple():
            return [spec_values(item) for item in value]
    return value
