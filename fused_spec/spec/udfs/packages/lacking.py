"""Tell of modules that a UDF imports and its environment has not, before anything is paid for."""

from collections.abc import Callable, Iterable

from fused_spec.messages.diagnostics import Severity
from fused_spec.spec.documents.findings import Findings
from fused_spec.spec.udfs.imports import Import
from fused_spec.spec.udfs.packages.distributions import distributions_of
from fused_spec.spec.udfs.packages.environment import Environment
from fused_spec.spec.udfs.source_code import SourceCode


def tell_lacking(
    imports: Iterable[Import],
    environment: Environment,
    source: SourceCode,
    is_beside: Callable[[str], bool],
    findings: Findings,
) -> None:
    """A warning for each module that is not there; `is_beside` tells of a file beside the UDF."""
    for one in imports:
        if environment.has(one.module):
            continue
        at = source.location(findings, one.line, one.column)
        is_elsewhere = source.file is None and source.origin is not None
        where = f"{source.origin}:{one.line}" if is_elsewhere else f"{at.path}:{at.line}"
        named = distributions_of(one.module)
        if is_beside(one.module):
            message = f"module {one.module} of {where} lies beside it, and does not travel along"
            hint = f"list it: headers: [{{module_name: {one.module}, file: …}}], or take it with fused.load"
            lacks = None
        else:
            message = f"module {one.module} of {where} is not in {environment.words}"
            hint = environment.hint(named[0] if named else None)
            lacks = (environment.image, named[0]) if environment.image is not None and named else None
        findings.tell("missing-module", message, source.pointer, hint, at=at, severity=Severity.WARNING, lacks=lacks)
