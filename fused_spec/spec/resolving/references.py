"""Replace every `{file: …}` in a value by the address of its content, and `{output_of: …}` by what that job writes."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from msgspec import Struct, field

from fused_spec.spec.documents.findings import Findings
from fused_spec.spec.documents.positions import Pointer
from fused_spec.spec.files.named_files import Folder, Trouble
from fused_spec.spec.inputs.element_list import Elements
from fused_spec.spec.inputs.local_inputs import Inputs, is_local_file
from fused_spec.spec.model import LocalFile
from fused_spec.spec.relations.outputs import producer
from fused_spec.spec.relations.selection import Groups, Selection, selection_of


class References(Struct, kw_only=True):
    """What one document refers to: told about when wrong, and remembered.

    `outputs` are the addresses that jobs write to, by name, and `groups` the cells that may be meant together. `files`
    are to be uploaded, by their addresses; `producers` are the jobs whose output is read. `cell` is that of the
    document.
    """

    inputs: Inputs
    outputs: Mapping[str, tuple[str, ...]]
    groups: Groups
    cell: Mapping[str, str]
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
        jobs = producer(value, self.cell)
        if jobs is not None:
            return self._output(jobs)
        if isinstance(value, dict):
            return {key: self.addresses(item, (*pointer, key)) for key, item in value.items()}
        found: list[Any] = []
        for index, item in enumerate(value):
            if not isinstance(item, dict | list):
                found.append(item)
                continue
            address = self.addresses(item, (*pointer, index))
            # What several jobs write, or one job at several places, is as many items.
            several = isinstance(address, list) and producer(item, self.cell) is not None
            found += address if several else [address]
        return found

    def numbers(self, items: Sequence[Any], pointer: Pointer) -> list[int]:
        """Which of the items each of their addresses is of, where one names what several jobs write."""
        counts = (
            len(self.addresses([item], pointer)) if producer(item, self.cell) is not None else 1 for item in items
        )
        return [number for number, count in enumerate(counts) for _ in range(count)]

    def needed(self, declared: Iterable[Any]) -> list[str]:
        """The names of the jobs that are needed, those included whose outputs are read."""
        meant = [selection for one in declared if (selection := selection_of(one, self.cell)) is not None]
        return [*(name for one in meant for name in self.groups.jobs(one)), *self.producers]

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

    def _output(self, meant: Selection) -> str | list[str] | None:
        """One address, or several in the order of the names of the jobs that write there."""
        jobs = self.groups.jobs(meant)
        self.producers |= dict.fromkeys(jobs)
        found = [address for name in jobs for address in self.outputs.get(name, ())]
        return found if len(found) > 1 else next(iter(found), None)
