"""Replace every `{file: …}` in a value by the address of its content."""

from dataclasses import dataclass, field
from typing import Any

from fused_spec.spec.findings import Findings
from fused_spec.spec.inputs import Inputs, is_local_file
from fused_spec.spec.model import LocalFile
from fused_spec.spec.named_files import Folder, Trouble
from fused_spec.spec.positions import Pointer


@dataclass(slots=True, kw_only=True)
class LocalInputs:
    """The local files of one document: told about when wrong, and remembered to be uploaded.

    `sources` names the file behind an address, by the address.
    """

    inputs: Inputs
    folder: Folder
    findings: Findings
    files: dict[str, LocalFile] = field(default_factory=dict)

    def address(self, value: Any, pointer: Pointer) -> Any:
        """The address of a `{file: …}`; any other value as it is."""
        if not is_local_file(value):
            return value
        file = self.inputs.read(value["file"], self.folder)
        if isinstance(file, Trouble):
            self.findings.trouble(file, (*pointer, "file"))
            return value
        self.files[file.url] = file
        return file.url

    def addresses(self, value: Any, pointer: Pointer) -> Any:
        """The same for a value, the items of a list, and what stands directly in a mapping or in such an item."""
        if isinstance(value, list):
            return [self._inside(item, (*pointer, index)) for index, item in enumerate(value)]
        return self._inside(value, pointer)

    def _inside(self, value: Any, pointer: Pointer) -> Any:
        if is_local_file(value) or not isinstance(value, dict):
            return self.address(value, pointer)
        return {name: self.address(item, (*pointer, name)) for name, item in value.items()}
