"""Find a run in the archive alone, for when no service answers."""

from typing import TYPE_CHECKING

from msgspec import Struct

from fused_spec.cli.runs.lookup import current_project, is_job_id, names_of
from fused_spec.cli.terminal.context import Context
from fused_spec.configuration.service_identity import ServiceIdentity, normal_url

if TYPE_CHECKING:
    from fused_spec.reconcile.archive.folders import Archive
    from fused_spec.reconcile.archive.receipt import Receipt


class KeptRun(Struct, frozen=True, kw_only=True):
    """A run that the archive has, and the archive."""

    archive: "Archive"
    receipt: "Receipt"


def find_kept(context: Context, name_or_id: str, *, attempt: int | None = None) -> KeptRun | None:
    """The newest archived run of this name at the target, or that with this id; None where there is none.

    A service that does not answer cannot say who it is, so a run is taken for one of its own by its address.
    """
    from fused_spec.cli.targets.memory import open_kept
    from fused_spec.cli.targets.target import find_target
    from fused_spec.spec.relations.moves import Moves

    project = current_project(context)
    target = find_target(context, project)
    if target.base_url is None:
        return None  # it is started where it is needed
    kept = open_kept(project, target, ServiceIdentity(url=target.base_url), timings=context.timings)
    if is_job_id(name_or_id):
        found = kept.archive.find(name_or_id)
    else:
        names = names_of(Moves(recorded=kept.moves.all()), name_or_id.removeprefix("Job/"))
        address = normal_url(target.base_url)
        found = [
            one
            for one in kept.archive.receipts()
            if one.key.name in names and normal_url(one.base_url) == address and attempt in (None, one.attempt)
        ]
    newest = max(found, key=lambda one: one.created, default=None)
    return None if newest is None else KeptRun(archive=kept.archive, receipt=newest)
