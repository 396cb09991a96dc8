"""What the inputs of an ingestion are called, as far as the spec tells: one name for each, and its place."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from msgspec import Struct

from fused_spec.spec.documents.positions import Pointer
from fused_spec.spec.inputs.local_inputs import is_local_file

_QUERY = re.compile(r"[?#].*")


class StepInput(Struct, frozen=True, kw_only=True):
    """One input: `text` is its address, or with `beside` the path of a file beside the spec."""

    text: str
    pointer: Pointer
    beside: bool = False

    @property
    def name(self) -> str:
        """The last part of its path; empty for a folder."""
        text = _QUERY.sub("", self.text) if self.text.startswith(("http://", "https://")) else self.text
        return text.rpartition("/")[2]

    @property
    def suffix(self) -> str:
        """How its name ends, in lower case, without that of a compression (`.csv` of `a.csv.gz`); often empty."""
        *most, last = self.name.lower().split(".")
        if f".{last}" in (".gz", ".bz2", ".zst", ".zstd") and len(most) > 1:
            last = most.pop()
        return f".{last}" if most else ""


def step_inputs(step: Mapping[str, Any], at: Pointer) -> Iterator[StepInput]:
    """The inputs of a step that are files by their names; the outputs of other jobs are none of them."""
    declared, pointer = step.get("input"), (*at, "input")
    if not isinstance(declared, list):
        yield from _input(declared, pointer)
        return
    for index, one in enumerate(declared):
        yield from _input(one, (*pointer, index))


def _input(value: Any, pointer: Pointer) -> Iterator[StepInput]:
    if isinstance(value, str):
        yield StepInput(text=value, pointer=pointer)
    elif is_local_file(value):
        yield StepInput(text=value["file"], pointer=(*pointer, "file"), beside=True)
