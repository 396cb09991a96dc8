"""`validate` and `render`: what the specs say, without any service."""

from typing import TYPE_CHECKING

import click

from fused_spec import __version__
from fused_spec.cli.specs.reading import survey_specs, valid_specs
from fused_spec.cli.terminal.context import Context
from fused_spec.cli.terminal.naming import Noun, naming
from fused_spec.cli.terminal.options import command, output_option, spec_paths, strict_option
from fused_spec.errors import EXIT_OK, SpecError
from fused_spec.system.timings import Phase

if TYPE_CHECKING:
    from fused_spec.spec.model import Survey


@click.command()
@spec_paths
@output_option("text", "json", "sarif", "github", "gitlab", "junit")  # as in _FORMS
@strict_option
@click.option("--fix-images", is_flag=True, help="Show the requirements that images lack for what UDFs import.")
@click.option("--write", is_flag=True, help="With --fix-images: write them into fused-spec.yaml.")
@command
def validate(context: Context, paths: tuple[str, ...], output: str, strict: bool, fix_images: bool, write: bool) -> int:
    """Check specs, offline and with no account.

    All problems of all files are shown together. Exits with 3 when there is an error; `fused-spec explain` says what
    the number of a problem means.
    """
    if (fix_images and output != "text") or (write and not fix_images):
        raise click.UsageError("--fix-images shows text alone, and --write belongs to it")
    survey = survey_specs(context, paths)
    with context.timings.phase(Phase.SHOW):
        if text := _FORMS[output](survey, context, strict):
            context.console.result(text)
    if fix_images:
        from fused_spec.cli.specs import image_fixes

        image_fixes.fix_images(context, survey.project, survey.diagnostics, write=write)
    invalid = any(one.invalidates(strict=strict) for one in survey.diagnostics)
    return SpecError.exit_code if invalid else EXIT_OK


@click.command()
@spec_paths
@output_option("yaml", "json")
@click.option("--explain", nargs=2, metavar="FIELD NAME", help="Where this field of this spec comes from.")
@click.option(
    "--diff",
    nargs=2,
    metavar="TARGET TARGET",
    shell_complete=naming(Noun.TARGET),
    help="What differs between two targets.",
)
@command
def render(
    context: Context,
    paths: tuple[str, ...],
    output: str,
    explain: tuple[str, str] | None,
    diff: tuple[str, str] | None,
) -> None:
    """Show specs with everything filled in.

    Every default, every file with its digest, and what identifies each job; sensitive values are masked.
    """
    from fused_spec.cli.specs.rendered import desired_document
    from fused_spec.views.documents.json import as_json
    from fused_spec.views.documents.yaml_ import as_yaml

    if explain and diff:
        raise click.UsageError("--explain and --diff are two questions; ask one")
    if explain:
        from fused_spec.cli.specs.explained import explanation

        return context.console.result(explanation(context, paths, *explain, as_json=output == "json"))
    if diff:
        from fused_spec.cli.specs.compared import differences

        return context.console.result(differences(context, paths, *diff, as_json=output == "json"))
    document = desired_document(valid_specs(context, paths))
    with context.timings.phase(Phase.SHOW):
        return context.console.result(as_json(document) if output == "json" else as_yaml(document))


def _as_text(survey: "Survey", context: Context, strict: bool) -> str:
    from fused_spec.views.text.diagnostics import diagnostics_text, verdict

    paint = context.console.paint_result
    shown = diagnostics_text(survey.diagnostics, source_line=context.sources.line, paint=paint)
    return "\n".join(filter(None, [shown, verdict(survey, strict=strict), _more(survey, strict)]))


def _more(survey: "Survey", strict: bool) -> str:
    """How to learn more of what is wrong, where something is."""
    codes = (one.code for one in survey.diagnostics if one.invalidates(strict=strict))
    if (first := next(codes, None)) is None:
        return ""
    from fused_spec.messages.codes.registry import id_of

    return f"`fused-spec explain {id_of(first)}` says what a number means"


def _as_json(survey: "Survey", _: Context, strict: bool) -> str:
    from fused_spec.views.documents.json import as_json, validate_document

    return as_json(validate_document(survey.diagnostics, strict=strict))


def _as_sarif(survey: "Survey", context: Context, _: bool) -> str:
    from fused_spec.cli.terminal.runner_paths import placed
    from fused_spec.views.documents.reports.sarif import sarif_text

    return sarif_text(placed(survey.diagnostics, context), version=__version__)


def _as_annotations(survey: "Survey", context: Context, strict: bool) -> str:
    from fused_spec.cli.terminal.runner_paths import placed
    from fused_spec.views.documents.reports.github import annotations
    from fused_spec.views.text.diagnostics import verdict

    shown = annotations(placed(survey.diagnostics, context))
    return "\n".join(filter(None, [shown, verdict(survey, strict=strict)]))


def _as_code_quality(survey: "Survey", context: Context, _: bool) -> str:
    from fused_spec.cli.terminal.runner_paths import placed
    from fused_spec.views.documents.reports.gitlab import code_quality_text

    return code_quality_text(placed(survey.diagnostics, context))


def _as_junit(survey: "Survey", _: Context, strict: bool) -> str:
    from fused_spec.views.documents.reports.junit import junit_text

    return junit_text(survey.diagnostics, survey.names, strict=strict)


_FORMS = {
    "text": _as_text,
    "json": _as_json,
    "sarif": _as_sarif,
    "github": _as_annotations,
    "gitlab": _as_code_quality,
    "junit": _as_junit,
}
