"""Build what one document declares: a job, a saved UDF or a token, with everything it names read in."""

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from msgspec import Struct, field

from fused_spec.spec.checking.schema import complete
from fused_spec.spec.checking.smallest import Reduce, reduction
from fused_spec.spec.documents.document import Document
from fused_spec.spec.documents.durations import seconds
from fused_spec.spec.documents.findings import Findings
from fused_spec.spec.documents.positions import Pointer
from fused_spec.spec.files.limits import MAX_CONFIG_BYTES, MAX_FILE_BYTES
from fused_spec.spec.files.named_files import Folder
from fused_spec.spec.inputs.element_list import PARTS
from fused_spec.spec.inputs.local_inputs import Inputs
from fused_spec.spec.inputs.read_options import tell_ignored
from fused_spec.spec.model import (
    Desired,
    DesiredJob,
    DesiredToken,
    DesiredUdf,
    Key,
    Kind,
    Project,
)
from fused_spec.spec.relations.digest import canonical, digest
from fused_spec.spec.relations.outputs import declared_outputs
from fused_spec.spec.relations.selection import Groups
from fused_spec.spec.resolving.environment import environment_of
from fused_spec.spec.resolving.former import (
    adopted_runs,
    adopted_udf,
    adopts_sink,
    check_former,
    first_name,
    former_keys,
)
from fused_spec.spec.resolving.prices import check_price
from fused_spec.spec.resolving.references import References
from fused_spec.spec.resolving.run_policy import check_retries, run_policy
from fused_spec.spec.resolving.steps import StepReader, smallest_step
from fused_spec.spec.resolving.token_life import token_life
from fused_spec.spec.udfs.loads import Loadable
from fused_spec.udfs.code_places import CodePlace

_SPEC: Pointer = ("spec",)
_KEPT_HERE = ("sink", "expires", "warn_before")
_SETTINGS = ("instance_type", "region", "disk_size_gb", "image_name")


def build(
    document: Document,
    findings: Findings,
    *,
    project: Project,
    folder: Folder,
    inputs: Inputs,
    outputs: Mapping[str, tuple[str, ...]],
    groups: Groups,
    loadable: Loadable,
) -> Desired | None:
    """What the document declares, or None when something in it is wrong; `findings` then says what.

    `folder` is where its relative paths start, with what they must not leave; `outputs` are the addresses that the jobs
    write to, by name, and `groups` the cells that are named together; `loadable` is what UDFs may load.
    """
    references = References(
        inputs=inputs, outputs=outputs, groups=groups, cell=document.cell, folder=folder, findings=findings
    )
    builder = _Builder(
        document=document,
        findings=findings,
        folder=folder,
        references=references,
        loadable=loadable,
        project=project,
    )
    check_former(document, findings)
    match document.kind:
        case Kind.JOB:
            return builder.job()
        case Kind.UDF:
            return builder.udf()
        case Kind.TOKEN:
            return builder.token()
    return None


class _Builder(Struct, kw_only=True):
    document: Document
    findings: Findings
    folder: Folder
    references: References
    loadable: Loadable
    project: Project
    sources: dict[str, str] = field(default_factory=dict)
    places: dict[str, CodePlace] = field(default_factory=dict)

    def job(self) -> DesiredJob | None:
        steps = self._steps()
        check_price(self._spec(), self.project.prices, self.findings)
        if self.findings.has_error:
            return None
        spec = self._spec()
        says_machine = spec.get("instance_type") is not None or spec.get("disk_size_gb") is not None
        if says_machine and (self.references.files or any("n_processes" in step for step in steps)):
            from fused_spec.spec.resolving.machine import check_size  # as few jobs ask for

            check_size(spec, steps, self.references.files, self.project, self.findings)
        smallest = _reduction(Kind.JOB)
        config = {
            **smallest({name: value for name, value in spec["config"].items() if name != "steps"}),
            "steps": [smallest_step(step) for step in steps],
        }
        payload = {"config": {name: value for name, value in config.items() if value is not None}}
        payload |= {name: spec[name] for name in _SETTINGS if spec.get(name) is not None}
        if env := environment_of(spec.get("env", {})):
            payload["additional_env"] = env
        if not self._is_sendable(config):
            return None
        check_retries(spec.get("run", {}), config, self.project.hosted, self.findings)
        return DesiredJob(
            **self._common(payload),
            needs=_jobs(self.references.needed(spec.get("needs", []))),
            reads=_jobs(self.references.producers),
            writes=declared_outputs(spec),
            run=run_policy(spec.get("run", {}), config),
            files=tuple(self.references.files.values()),
            start=_start(spec),
            protect=self._is_protected(),
            adopts=adopted_runs(self.document.tree["metadata"]),
            code_places=self.places,
        )

    def udf(self) -> DesiredUdf | None:
        declared = self._spec().get("udf") if isinstance(self._spec(), dict) else None
        if isinstance(declared, dict) and "ref" in declared:
            hint = "name the file, folder or place in git that holds its code"
            self.findings.tell("udf-ref", "a saved UDF is no other one's name", (*_SPEC, "udf", "ref"), hint)
            return None
        udf = self._reader().udf(declared, (*_SPEC, "udf"), "udf") if isinstance(declared, dict) else None
        for file in self.references.files.values():
            self.findings.tell(
                "local-input",
                f"a saved UDF cannot bring a local file ({self.folder.shown(file.path)})",
                (*_SPEC, "udf", "parameters"),
                "name a URL such as fd://datasets/buildings.parquet",
            )
        if udf is None or self.findings.has_error:
            return None
        spec = _reduction(Kind.UDF)(self._spec())
        payload = {"slug": first_name(self.document), **spec, "udf": udf}
        adopted = adopted_udf(self.document.tree["metadata"])
        return DesiredUdf(**self._common(payload), says_slug="slug" in spec, adopts=adopted)

    def token(self) -> DesiredToken | None:
        from fused_spec.spec.resolving.sinks import sink_of, sink_said  # which only tokens need

        sink = sink_of(self._spec(), self.folder, self.findings)
        life = token_life(self._spec(), self.findings)
        if self.findings.has_error or sink is None:
            return None
        spec = _reduction(Kind.TOKEN)(self._spec())
        reference = spec["udf"].get("ref")
        return DesiredToken(
            **self._common({name: value for name, value in spec.items() if name not in _KEPT_HERE}),
            sink=sink,
            sink_said=sink_said(self._spec()["sink"]),
            life=life,
            needs=(Key(kind=Kind.UDF, name=reference),) if reference else (),
            protect=self._is_protected(),
            adopts=adopts_sink(self.document.tree["metadata"]),
        )

    def _is_protected(self) -> bool:
        return bool(self.document.tree["metadata"].get("protect", False))

    def _steps(self) -> list[dict[str, Any]]:
        """The steps that are right, read; what is wrong with the others is told."""
        config = self._spec().get("config") if isinstance(self._spec(), dict) else None
        declared = config.get("steps") if isinstance(config, dict) else None
        tell_ignored(declared, (*_SPEC, "config", "steps"), self.project.hosted, self.findings)
        reader = self._reader()
        steps = [
            reader.read(step, (*_SPEC, "config", "steps", index), f"config.steps.{index}")
            for index, step in enumerate(declared if isinstance(declared, list) else [])
        ]
        return [step for step in steps if step is not None]

    def _is_sendable(self, config: Mapping[str, Any]) -> bool:
        """Whether a service may take the config; one of a small file without elements cannot be too large."""
        in_files = any(isinstance(step.get("input"), dict) for step in self._spec()["config"]["steps"])
        if not in_files and len(self.document.file.content) < MAX_FILE_BYTES:
            return True
        size = len(canonical(config))
        if size > MAX_CONFIG_BYTES:
            message = (
                f"with its elements and code the job has {size >> 20} MiB, and {MAX_CONFIG_BYTES >> 20} are the most"
            )
            self.findings.tell("too-large", message, (*_SPEC, "config"), PARTS)
        return size <= MAX_CONFIG_BYTES

    def _reader(self) -> StepReader:
        return StepReader(
            folder=self.folder,
            findings=self.findings,
            references=self.references,
            loadable=self.loadable,
            sources=self.sources,
            places=self.places,
        )

    def _spec(self) -> Any:
        return self.document.tree.get("spec")

    def _common(self, payload: Mapping[str, Any]) -> dict[str, Any]:
        metadata = self.document.tree["metadata"]
        return {
            "key": Key(kind=Kind(str(self.document.kind)), name=metadata["name"]),
            "former": former_keys(self.document),
            "payload": payload,
            "digest": digest(payload),
            "origin": self.document.positions.value(()),
            "description": metadata.get("description"),
            "labels": metadata.get("labels", {}),
            "group": self.document.group,
            "cell": self.document.cell,
            "sources": self.sources | (self._input_sources(payload) if self.references.files else {}),
        }

    def _input_sources(self, payload: Any, path: str = "") -> dict[str, str]:
        """The local file behind each address in the payload."""
        if isinstance(payload, str):
            file = self.references.files.get(payload)
            return {path: self.folder.shown(file.path)} if file is not None else {}
        items = (
            payload.items() if isinstance(payload, dict) else enumerate(payload if isinstance(payload, list) else [])
        )
        found: dict[str, str] = {}
        for name, value in items:
            found |= self._input_sources(value, f"{path}.{name}".lstrip("."))
        return found


@cache
def _reduction(kind: Kind) -> Reduce:
    """What takes the defaults away from what a kind has under `spec`."""
    return reduction(complete(kind)["properties"]["spec"])


def _jobs(names: Iterable[str]) -> tuple[Key, ...]:
    return tuple(Key(kind=Kind.JOB, name=name) for name in dict.fromkeys(names))


def _start(spec: Mapping[str, Any]) -> dict[str, Any]:
    """What is said of the start alone; ages in seconds."""
    said: dict[str, Any] = {}
    if spec.get("send_status_email") is not None:
        said["send_status_email"] = spec["send_status_email"]
    if spec.get("cache_max_age") is not None:
        age = spec["cache_max_age"]
        said["cache_max_age"] = age if isinstance(age, int) else seconds(age)
    return said
