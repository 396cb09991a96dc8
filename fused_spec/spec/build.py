"""Build what one document declares: a job, a saved UDF or a token, with everything it names read in."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fused_spec.spec.digest import digest
from fused_spec.spec.document import Document
from fused_spec.spec.durations import seconds
from fused_spec.spec.findings import Findings
from fused_spec.spec.inputs import Inputs
from fused_spec.spec.local_inputs import LocalInputs
from fused_spec.spec.model import (
    Desired,
    DesiredJob,
    DesiredToken,
    DesiredUdf,
    Key,
    Kind,
    OnChangeWhileRunning,
    OnFailure,
    RunPolicy,
    When,
)
from fused_spec.spec.named_files import Folder
from fused_spec.spec.positions import Pointer
from fused_spec.spec.schema import complete
from fused_spec.spec.smallest import smallest
from fused_spec.spec.steps import StepReader, smallest_step

_SPEC: Pointer = ("spec",)
_DEFAULT_ENV = {"FUSED_CREDENTIAL_PROVIDER": "ec2"}
_SETTINGS = ("instance_type", "region", "disk_size_gb", "image_name")


def build(document: Document, findings: Findings, *, root: Path, folder: Path, inputs: Inputs) -> Desired | None:
    """What the document declares, or None when something in it is wrong; `findings` then says what.

    `folder` is where its relative paths start, `root` what they must not leave.
    """
    within = Folder(path=folder, root=root)
    local = LocalInputs(inputs=inputs, folder=within, findings=findings)
    builder = _Builder(document=document, findings=findings, folder=within, local=local)
    match document.kind:
        case Kind.JOB:
            return builder.job()
        case Kind.UDF:
            return builder.udf()
        case Kind.TOKEN:
            return builder.token()
    return None


@dataclass(slots=True, kw_only=True)
class _Builder:
    document: Document
    findings: Findings
    folder: Folder
    local: LocalInputs
    sources: dict[str, str] = field(default_factory=dict)

    def job(self) -> DesiredJob | None:
        steps = self._steps()
        if self.findings.has_error:
            return None
        spec, schema = self._spec(), self._schema()
        step_schema = schema["properties"]["config"]["properties"]["steps"]["items"]
        config = {
            **smallest({name: value for name, value in spec["config"].items() if name != "steps"}, schema),
            "steps": [smallest_step(step, step_schema) for step in steps],
        }
        payload = {"config": {name: value for name, value in config.items() if value is not None}}
        payload |= {name: spec[name] for name in _SETTINGS if spec.get(name) is not None}
        if env := _env(spec.get("env", {})):
            payload["additional_env"] = env
        return DesiredJob(
            **self._common(payload),
            needs=tuple(Key(kind=Kind.JOB, name=name) for name in spec.get("needs", [])),
            run=_policy(spec.get("run", {})),
            files=tuple(self.local.files.values()),
            protect=self.document.tree["metadata"].get("protect", False),
        )

    def udf(self) -> DesiredUdf | None:
        declared = self._spec().get("udf") if isinstance(self._spec(), dict) else None
        udf = self._reader().udf(declared, (*_SPEC, "udf"), "udf") if isinstance(declared, dict) else None
        for file in self.local.files.values():
            self.findings.tell(
                "local-input",
                f"a saved UDF cannot bring a local file ({self.folder.shown(file.path)})",
                (*_SPEC, "udf", "parameters"),
                "name a URL such as fd://datasets/buildings.parquet",
            )
        if udf is None or self.findings.has_error:
            return None
        spec = smallest(self._spec(), self._schema())
        payload = {"slug": self.document.name, **spec, "udf": udf}
        return DesiredUdf(**self._common(payload))

    def token(self) -> DesiredToken | None:
        sink = self._sink()
        if self.findings.has_error or sink is None:
            return None
        spec = smallest(self._spec(), self._schema())
        reference = spec["udf"].get("ref")
        return DesiredToken(
            **self._common({name: value for name, value in spec.items() if name != "sink"}),
            sink=sink,
            needs=(Key(kind=Kind.UDF, name=reference),) if reference else (),
        )

    def _steps(self) -> list[dict[str, Any]]:
        """The steps that are right, read; what is wrong with the others is told."""
        config = self._spec().get("config") if isinstance(self._spec(), dict) else None
        declared = config.get("steps") if isinstance(config, dict) else None
        reader = self._reader()
        steps = [
            reader.read(step, (*_SPEC, "config", "steps", index), f"config.steps.{index}")
            for index, step in enumerate(declared if isinstance(declared, list) else [])
        ]
        return [step for step in steps if step is not None]

    def _sink(self) -> Path | None:
        at = (*_SPEC, "sink", "file")
        if not self.findings.is_sound((*_SPEC, "sink")):
            return None
        name = self._spec()["sink"]["file"]
        sink: Path = (self.folder.root / name).resolve()
        if not sink.is_relative_to(self.folder.root.resolve()) or Path(name).is_absolute() or "\0" in name:
            self.findings.tell(
                "outside-project",
                "the sink is not inside the project",
                at,
                "write a path relative to the project's root, such as .secrets/public-tiles",
            )
            return None
        if sink.is_dir():
            self.findings.tell("not-a-file", "the sink is a folder", at, "name a file in it")
            return None
        return sink

    def _reader(self) -> StepReader:
        return StepReader(folder=self.folder, findings=self.findings, local=self.local, sources=self.sources)

    def _spec(self) -> Any:
        return self.document.tree.get("spec")

    def _schema(self) -> Mapping[str, Any]:
        spec: Mapping[str, Any] = complete(str(self.document.kind))["properties"]["spec"]
        return spec

    def _common(self, payload: Mapping[str, Any]) -> dict[str, Any]:
        metadata = self.document.tree["metadata"]
        return {
            "key": Key(kind=Kind(str(self.document.kind)), name=metadata["name"]),
            "payload": payload,
            "digest": digest(payload),
            "origin": self.document.positions.value(()),
            "description": metadata.get("description"),
            "labels": metadata.get("labels", {}),
            "sources": self.sources | self._input_sources(payload),
        }

    def _input_sources(self, payload: Any, path: str = "") -> dict[str, str]:
        """The local file behind each address in the payload."""
        if isinstance(payload, str):
            file = self.local.files.get(payload)
            return {path: self.folder.shown(file.path)} if file is not None else {}
        items = (
            payload.items() if isinstance(payload, dict) else enumerate(payload if isinstance(payload, list) else [])
        )
        found: dict[str, str] = {}
        for name, value in items:
            found |= self._input_sources(value, f"{path}.{name}".lstrip("."))
        return found


def _items(value: Any) -> Iterable[tuple[str | int, Any]]:
    if isinstance(value, dict):
        return value.items()
    return enumerate(value) if isinstance(value, list) else ()


def _env(declared: Mapping[str, str | None]) -> dict[str, str]:
    """What is declared over Fused's own default; null takes a variable away."""
    return {name: value for name, value in (_DEFAULT_ENV | dict(declared)).items() if value is not None}


def _policy(declared: Mapping[str, Any]) -> RunPolicy:
    kinds = {"when": When, "on_failure": OnFailure, "on_change_while_running": OnChangeWhileRunning}
    fields: dict[str, Any] = {
        name: kinds[name](value) if name in kinds else value for name, value in declared.items() if value is not None
    }
    for name in ("timeout", "max_age", "max_duration"):
        if name in fields:
            fields[name] = float(seconds(fields[name]))
    return RunPolicy(**fields)
