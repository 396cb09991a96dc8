"""From what is there to specs that are written and planned."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from fused_spec.cli.adopting.new_files import NewFiles, new_files
from fused_spec.cli.adopting.objects import Saved, write_saved
from fused_spec.cli.adopting.runs import Found
from fused_spec.cli.adopting.specs import Written, write_specs
from fused_spec.cli.applying.planning import find_workplace, make_plan
from fused_spec.cli.runs.lookup import current_project
from fused_spec.cli.terminal.context import Context
from fused_spec.errors import EXIT_CHANGES, EXIT_NOT_WELL, EXIT_OK, FusedSpecError
from fused_spec.messages.phrases import counted
from fused_spec.plan.actions import Action
from fused_spec.plan.model import Plan, Requests
from fused_spec.reconcile.adopting.code_files import CodeFiles
from fused_spec.reconcile.adopting.drafts import Draft, draft_of
from fused_spec.reconcile.adopting.folding import fold, single
from fused_spec.reconcile.adopting.origin import Origin
from fused_spec.spec.project.elsewhere import Declared, declared_below
from fused_spec.views.text.plans import plan_text

_SETTLED = (Action.NONE, Action.ATTACH)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where the specs go: the project around the current folder, or that folder itself."""

    root: Path
    declared: Declared
    secrets: frozenset[str]


def place_of(context: Context) -> Place:
    """Raises `SpecError` when the project file is invalid."""
    project = current_project(context)
    root = project.root if project.file is not None else context.cwd
    said = project.document.tree.get("secrets") if project.document is not None else None
    secrets = frozenset(said) if isinstance(said, dict) else frozenset()
    return Place(root=root, declared=declared_below(root, project.exclude), secrets=secrets)


def leave_out_declared(context: Context, found: Found, scope: str) -> None:
    """Take away the runs that specs here account for: those of their jobs, and those that they have taken over."""
    declared = place_of(context).declared

    def is_known(origin: Origin) -> bool:
        marker = origin.marker
        is_of_job = marker is not None and marker.scope == scope and marker.key.name in declared.names
        return is_of_job or origin.run in declared.runs

    left = [origin for origin in found.origins if not is_known(origin)]
    if known := len(found.origins) - len(left):
        found.notes.append(f"{counted(known, 'run')} left out, which specs here account for")
    found.origins = left


def write_down(context: Context, origins: Sequence[Origin], saved: Saved, *, folds: bool) -> Written:
    """Write starts down as specs, and what is saved, with their code; nothing stays where an error ends it."""
    place = place_of(context)
    taken = set(place.declared.names)
    with new_files(place.root) as files:
        drafts, refused, code = _drafts(origins, files, place.secrets)
        files.write(code.files)
        documents = fold(drafts) if folds else [single(draft) for draft in drafts]
        written = write_specs(context, files, documents, taken, place.root)
        written.unwritten = [*refused, *((draft.origin.shown, why) for draft, why in written.refused)]
        write_saved(saved, files, code, taken, place.root, written)
        _remove_unused(files, code, written, place.root)
    return written


def _drafts(
    origins: Sequence[Origin], files: NewFiles, secrets: frozenset[str]
) -> tuple[list[Draft], list[tuple[str, str]], CodeFiles]:
    code, drafts, refused = CodeFiles(files.existing), [], []
    for origin in origins:
        try:
            drafts.append(draft_of(origin, code, secrets))
        except FusedSpecError as error:
            refused.append((origin.shown, str(error)))
    return drafts, refused, code


def _remove_unused(files: NewFiles, code: CodeFiles, written: Written, root: Path) -> None:
    """Take back the code of what was left out."""
    texts = [(root / name).read_text(encoding="utf-8") for name in written.files]
    for path in code.files:
        folder = path.rpartition("/")[0]
        if not any(f"../{path}" in text or (f"../{folder}/" in text and folder != "udfs") for text in texts):
            files.remove(path)


def tell_written(context: Context, written: Written, *, jobs: str) -> None:
    """Say what was written, and what was not."""
    console = context.console
    for name in written.files:
        console.say(f"wrote {name}")
    for note in written.notes:
        console.warn(f"Warning: {note}")
    for shown, why in written.unwritten:
        console.warn(f"Not written: {shown}: {why}")
    if not written.files:
        raise FusedSpecError(f"there is nothing to write: no {jobs} can be said in a spec")


def plan_written(context: Context, written: Written) -> tuple[Plan, int]:
    """The plan of what was written, and the exit code: it should change nothing."""
    place = place_of(context)
    paths = tuple(str(place.root / name) for name in written.files)
    made = make_plan(context, find_workplace(context, paths), Requests())
    context.console.say(plan_text(made, paint=context.console.paint))
    moving = [change for change in made.changes if change.action not in _SETTLED]
    for change in moving:
        context.console.warn(f"{change.key} is not taken over: {change.action}, since {change.why}")
    if moving:
        return made, EXIT_CHANGES
    return made, EXIT_NOT_WELL if written.unwritten else EXIT_OK


def summary(written: Written) -> str:
    """What came of it, in a line."""
    things = [counted(written.jobs, "job")] if written.jobs else []
    things += [f"{written.saved} of UDFs and tokens"] if written.saved else []
    return f"{' and '.join(things)} in {counted(len(written.files), 'spec')}, and an apply would change nothing"
