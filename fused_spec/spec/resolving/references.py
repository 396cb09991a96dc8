"""Replace every `{file: …}` in a value by the address of its content, and `{output_of: …}` by what that job writes."""

from collections.abc import Mapping
from typing import Any

from msgspec import Struct, field

from fused_spec.spec.documents.findings import Findings
from fused_spec.spec.documents.positions import Pointer
from fused_spec.spec.files.named_files import Folder, Trouble
from fused_spec.spec.inputs.element_list import Elements
from fused_spec.spec.inputs.local_inputs import Inputs, is_local_file
from fused_spec.spec.model import LocalFile
from fused_spec.spec.relations.outputs import producer


class References(Struct, kw_only=True):
    """What one document refers to: told about when wrong, and remembered.

    `outputs` are the addresses that jobs write to, by name. `files` are to be uploaded, by their addresses;
    `producers` are the jobs whose output is read.
    """

    inputs: Inputs
    outputs: Mapping[str, str]
    folder: Folder
    findings: Findings
    files: dict[str, LocalFile] = field(default_factory=dict)
    producers: dict[str, None] = field(default_factory=dict)

    def addresses(self, value: Any, pointer: Pointer) -> Any:
        """The value with an address for each reference in it."""
        if not isinstance(value, dict | list):
            return value
        if is_local_file(value):
            return self._address_of_file(value, pointer)
        name = producer(value)
        if name is not None:
            return self._output(name, pointer)
        if isinstance(value, dict):
            return {key: self.addresses(item, (*pointer, key)) for key, item in value.items()}
        return [
            self.addresses(item, (*pointer, index)) if isinstance(item, dict | list) else item
            for index, item in enumerate(value)
        ]

    def elements(self, name: str, pointer: Pointer) -> Elements | None:
        """The elements that stand in the file, or None when something is wrong with it, which is told."""
        elements = self.inputs.elements(name, self.folder)
        if isinstance(elements, Trouble):
            self.findings.trouble(elements, pointer)
            return None
        return elements

    def _address_of_file(self, value: Any, pointer: Pointer) -> Any:
        file = self.inputs.read(value["file"], self.folder)
        if isinstance(file, Trouble):
            self.findings.trouble(file, (*pointer, "file"))
            return value
        self.files[file.url] = file
        return file.url

    def _output(self, name: str, pointer: Pointer) -> str | None:
        self.producers[name] = None
        return self.outputs.get(name)
