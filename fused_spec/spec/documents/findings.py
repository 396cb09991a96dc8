"""Problems gathered while specs are resolved, each put at its place in the document."""

from msgspec import Struct, field

from fused_spec.messages.diagnostics import Diagnostic, Location, Severity
from fused_spec.spec.documents.document import Document
from fused_spec.spec.documents.positions import Pointer, dotted
from fused_spec.spec.files.limits import MAX_PROBLEMS
from fused_spec.spec.files.named_files import Trouble


class Findings(Struct):
    """The problems of one document; of very many the first ones, and how many more there are."""

    document: Document
    problems: list[Diagnostic] = field(default_factory=list)
    _errors: int = 0
    _warnings: int = 0

    @property
    def has_error(self) -> bool:
        return self._errors > 0 or any(problem.is_error for problem in self.problems)

    @property
    def told(self) -> list[Diagnostic]:
        """Everything to tell of the document."""
        more = self._errors + self._warnings
        if not more:
            return self.problems
        rest = Diagnostic(
            code="too-many-problems",
            message=f"{more:,} more {'problem' if more == 1 else 'problems'} in this document",
            location=self.document.positions.value(()),
            hint="mend these first",
            severity=Severity.ERROR if self._errors else Severity.WARNING,
        )
        return [*self.problems, rest]

    def is_sound(self, pointer: Pointer) -> bool:
        """Whether nothing is wrong at or below a value, so that it can be read as the schema says."""
        path = dotted(pointer)
        return not any(
            problem.is_error and (problem.pointer == path or problem.pointer.startswith(f"{path}."))
            for problem in self.problems
        )

    def trouble(self, trouble: Trouble, pointer: Pointer) -> None:
        self.tell(trouble.code, trouble.message, pointer, trouble.hint, at=trouble.place)

    def tell(
        self,
        code: str,
        message: str,
        pointer: Pointer,
        hint: str,
        *,
        at: Location | None = None,
        severity: Severity = Severity.ERROR,
        lacks: tuple[str, str] | None = None,
    ) -> None:
        """Add a problem, placed at the value unless `at` is another place."""
        if len(self.problems) > 2 * MAX_PROBLEMS:
            self._errors += severity is Severity.ERROR
            self._warnings += severity is Severity.WARNING
            return
        self.problems.append(
            Diagnostic(
                code=code,
                message=message,
                location=at or self.document.positions.value(pointer),
                pointer=dotted(pointer),
                hint=hint,
                severity=severity,
                lacks=lacks,
            )
        )
