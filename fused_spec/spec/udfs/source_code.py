"""A piece of Python that a spec ships, and where each of its lines stands."""

from msgspec import Struct

from fused_spec.messages.diagnostics import Location
from fused_spec.spec.documents.findings import Findings
from fused_spec.spec.documents.positions import Pointer
from fused_spec.udfs.code_places import CodePlace


class SourceCode(Struct, frozen=True):
    """Source text; `file` is the file whose lines are the text's own, None when there is none.

    `origin` is what a plan names when the text changed.
    """

    text: str
    file: str | None
    pointer: Pointer
    origin: str | None = None

    def place(self, findings: Findings) -> CodePlace:
        """Where its first line stands."""
        if self.origin is not None:
            return CodePlace(self.origin)
        first = self.location(findings, 1, 1)
        return CodePlace(first.path, first.line)

    def location(self, findings: Findings, line: int, column: int) -> Location:
        """The place of a line of the source: in its own file, or in the block of the spec."""
        if self.file is not None:
            return Location(path=self.file, line=line, column=column)
        positions = findings.document.positions
        first = positions.block_line(self.pointer)
        if first is None:
            return positions.value(self.pointer)
        number = first.line + line - 1
        # The text of another file, where a fragment or a default has the code, is not at hand.
        indent = self._indent(findings, number, line) if first.path == positions.path else 0
        return Location(path=first.path, line=number, column=column + indent)

    def _indent(self, findings: Findings, number: int, line: int) -> int:
        written = findings.document.file.content.split(b"\n")
        source = self.text.split("\n")
        if number > len(written) or line > len(source):
            return 0
        return max(0, len(written[number - 1].rstrip(b"\r").decode("utf-8", "replace")) - len(source[line - 1]))
