"""Show problems in specs to a person: the place, the sentence, the line itself with a caret, the next step."""

from collections.abc import Callable, Iterable

from fused_spec.messages.diagnostics import Diagnostic, Location, Severity
from fused_spec.messages.phrases import counted
from fused_spec.messages.redaction import redact
from fused_spec.spec.model import Survey
from fused_spec.views.words.shown import shown_diagnostic, visible
from fused_spec.views.words.tones import Paint, Tone, plain

SourceLine = Callable[[Location], str | None]
"""Gives the line of a file that a location names, None when it cannot be read."""

_WIDTH = 100
_TONES = {Severity.ERROR: Tone.BAD, Severity.WARNING: Tone.WARNING, Severity.NOTE: Tone.FAINT}


def diagnostics_text(
    diagnostics: Iterable[Diagnostic], *, source_line: SourceLine = lambda _: None, paint: Paint = plain
) -> str:
    """Every problem, in the order given, each on two to four lines."""
    return "\n".join(_diagnostic(diagnostic, source_line, paint) for diagnostic in diagnostics)


def verdict(survey: Survey, *, strict: bool = False) -> str:
    """`12 specs in 8 files are valid`, or how many problems there are."""
    counting = [diagnostic for diagnostic in survey.diagnostics if diagnostic.invalidates(strict=strict)]
    if counting:
        files = len({diagnostic.location.path for diagnostic in counting})
        what = counted(len(counting), "warning" if survey.valid else "problem")
        return f"{what} in {counted(files, 'file')}{', and --strict lets none pass' if survey.valid else ''}"
    are = "is" if survey.specs == 1 else "are"
    return f"{counted(survey.specs, 'spec')} in {counted(survey.files, 'file')} {are} valid"


def _diagnostic(diagnostic: Diagnostic, source_line: SourceLine, paint: Paint) -> str:
    from fused_spec.messages.codes.registry import id_of  # only when something is told

    diagnostic = shown_diagnostic(diagnostic)
    severity, tone = f"{diagnostic.severity}[{id_of(diagnostic.code)}]", _TONES[diagnostic.severity]
    pointer = f" ({visible(diagnostic.pointer)})" if diagnostic.pointer else ""
    place = paint(visible(str(diagnostic.location)), Tone.STRONG)
    lines = [f"{place}: {paint(severity, tone)}: {visible(diagnostic.message)}{pointer}"]
    line = source_line(diagnostic.location)
    if line is not None and line.strip():
        lines += [f"    {part}" for part in _excerpt(line, diagnostic.location.column, paint)]
    if diagnostic.hint:
        lines.append(paint(f"  hint: {visible(diagnostic.hint)}", Tone.FAINT))
    return "\n".join(lines)


def _excerpt(line: str, column: int, paint: Paint) -> tuple[str, str]:
    """The line without its indentation, and a caret below `column`; of a long line only the part around it."""
    if (masked := redact(line)) != line:
        line, column = masked, len(redact(line[: column - 1])) + 1
    indent = len(line) - len(line.lstrip())
    at = min(max(column - 1, indent), len(line.rstrip()))
    first = indent if at - indent < _WIDTH else at - _WIDTH // 2
    before, after = line[first:at].replace("\t", " "), line[at : first + _WIDTH].rstrip()
    lead, rest = visible(before), visible(after.replace("\t", " "))
    return lead + rest, " " * len(lead) + paint("^", Tone.GOOD)
