"""Problems gathered while specs are resolved, each put at its place in the document."""

from dataclasses import dataclass, field

from fused_spec.diagnostics import Diagnostic, Location, Severity
from fused_spec.spec.document import Document
from fused_spec.spec.named_files import Trouble
from fused_spec.spec.positions import Pointer, dotted


@dataclass(slots=True)
class Findings:
    """The problems of one document; `faulty` are the parts that the schema found wrong, which are left alone."""

    document: Document
    problems: list[Diagnostic] = field(default_factory=list)

    @property
    def has_error(self) -> bool:
        return any(problem.is_error for problem in self.problems)

    def is_sound(self, pointer: Pointer) -> bool:
        """Whether nothing is wrong at or below a value, so that it can be read as the schema says."""
        path = dotted(pointer)
        return not any(
            problem.is_error and (problem.pointer == path or problem.pointer.startswith(f"{path}."))
            for problem in self.problems
        )

    def trouble(self, trouble: Trouble, pointer: Pointer) -> None:
        self.tell(trouble.code, trouble.message, pointer, trouble.hint)

    def tell(
        self,
        code: str,
        message: str,
        pointer: Pointer,
        hint: str,
        *,
        at: Location | None = None,
        severity: Severity = Severity.ERROR,
    ) -> None:
        """Add a problem, placed at the value unless `at` is another place."""
        self.problems.append(
            Diagnostic(
                code=code,
                message=message,
                location=at or self.document.positions.value(pointer),
                pointer=dotted(pointer),
                hint=hint,
                severity=severity,
            )
        )
