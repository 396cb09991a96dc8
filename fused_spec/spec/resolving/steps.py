"""Resolve the steps of a job: UDFs become code, what is referred to becomes an address, defaults go."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from msgspec import Struct

from fused_spec.spec.checking.schema import complete
from fused_spec.spec.checking.smallest import Reduce, reduction
from fused_spec.spec.documents.findings import Findings
from fused_spec.spec.documents.positions import Pointer
from fused_spec.spec.files.meant import STEP_TYPES
from fused_spec.spec.files.named_files import Folder
from fused_spec.spec.inputs.elements import elements_file
from fused_spec.spec.inputs.read_options import check_reading
from fused_spec.spec.model import Kind
from fused_spec.spec.resolving.calls import Calls, check_calls, check_lists
from fused_spec.spec.resolving.expectations import check_expectation
from fused_spec.spec.resolving.references import References
from fused_spec.spec.udfs.loads import Loadable
from fused_spec.spec.udfs.udf import read_udf
from fused_spec.udfs.code_places import CodePlace

# The wire wants these said even where the spec may leave them out.
_ALWAYS_SAID = {"partition_geospatial": ("partitioning_method", "partitioning_split_method")}


class StepReader(Struct, kw_only=True):
    """Reads steps of one document; `sources` gathers the file behind a payload path, `places` where code stands."""

    folder: Folder
    findings: Findings
    references: References
    loadable: Loadable
    sources: dict[str, str]
    places: dict[str, CodePlace]

    def read(self, step: Any, pointer: Pointer, place: str) -> dict[str, Any] | None:
        """The step as it travels, or None when something in it is wrong; `place` is its path in the payload.

        Parts that the schema found wrong are left alone; the others are read, so that their problems are told too.
        """
        if not isinstance(step, dict) or step.get("type") not in STEP_TYPES:
            return None  # of a step without a type that is known, the schema says nothing of what is in it
        if step["type"] == "udf":
            return self._udf_step(step, pointer, place) if "udf" in step else None
        return self._ingestion(step, pointer)

    def _udf_step(self, step: Mapping[str, Any], pointer: Pointer, place: str) -> dict[str, Any] | None:
        calls = self._calls(step.get("input"), (*pointer, "input"), place)
        check_expectation(step, pointer, self.findings)
        udf = self.udf(step["udf"], (*pointer, "udf"), f"{place}.udf", calls=calls)
        return {**step, "input": calls.elements, "udf": udf} if udf is not None and calls is not None else None

    def _calls(self, declared: Any, pointer: Pointer, place: str) -> Calls | None:
        """What the UDF is called with, from the spec or from a file; None when something is wrong with it."""
        if not self.findings.is_sound(pointer):
            return None
        if (name := elements_file(declared)) is not None:
            elements = self.references.elements(name, (*pointer, "elements"))
            if elements is None:
                return None
            self.sources[f"{place}.input"] = elements.file
            return Calls(elements=elements.values, pointer=pointer, in_file=elements)
        elements = self.references.addresses(declared, pointer)
        several = isinstance(elements, list) and len(elements) != len(declared)
        numbers = self.references.numbers(declared, pointer) if several else None
        return Calls(elements=elements, pointer=pointer, numbers=numbers)

    def udf(self, declared: Any, pointer: Pointer, place: str, *, calls: Calls | None = None) -> dict[str, Any] | None:
        """The UDF as it travels; `calls` are those of the step that calls it."""
        if not self.findings.is_sound(pointer):
            return None
        parameters = self.references.addresses(declared.get("parameters", {}), (*pointer, "parameters"))
        read = read_udf({**declared, "parameters": parameters}, pointer, self.folder, self.loadable, self.findings)
        if read is None:
            return None
        self.sources.update({f"{place}.{path}": file for path, file in read.sources.items()})
        self.places.update(read.places)
        check_lists(read, declared.get("parameters", {}), pointer, self.findings)
        if calls is not None:
            check_calls(read, calls, pointer, self.findings)
        return read.udf

    def _ingestion(self, step: Mapping[str, Any], pointer: Pointer) -> dict[str, Any] | None:
        at = (*pointer, "input")
        check_expectation(step, pointer, self.findings)
        check_reading(step, pointer, self.findings)
        if "input" not in step or not self.findings.is_sound(at):
            return None
        if step.get("output") is None and self.findings.is_sound((*pointer, "output")):
            self.findings.tell(
                "no-output",
                "an ingestion without output leaves nothing behind",
                pointer,
                "say where the table goes, such as output: fd://datasets/buildings/",
            )
        from fused_spec.spec.inputs.check import check_inputs  # which looks into tables, as few specs need

        addresses = self.references.addresses(step["input"], at)
        check_inputs(step, pointer, self.folder, self.findings)
        return {**step, "input": addresses}


def smallest_step(step: Mapping[str, Any]) -> dict[str, Any]:
    """The step without its defaults, but with what the wire wants said."""
    reduce, said = _reduction()
    reduced: dict[str, Any] = reduce(step)
    for name, default in said.get(step["type"], {}).items():
        reduced.setdefault(name, default)
    return reduced


def without_defaults(step: Mapping[str, Any]) -> dict[str, Any]:
    """The step without whatever a spec need not say of it."""
    reduced: dict[str, Any] = _reduction()[0](step)
    return reduced


@cache
def _reduction() -> tuple[Reduce, Mapping[str, Mapping[str, Any]]]:
    """What takes the defaults of a step away, and by type those that are said all the same."""
    schema = complete(Kind.JOB)["properties"]["spec"]["properties"]["config"]["properties"]["steps"]["items"]
    branches = {branch["if"]["properties"]["type"]["const"]: branch["then"]["properties"] for branch in schema["allOf"]}
    said = {of: {name: branches[of][name]["default"] for name in names} for of, names in _ALWAYS_SAID.items()}
    return reduction(schema), said
