"""Where each job stands at every target of a project; one that cannot be read hides no other."""

from typing import TYPE_CHECKING

from fused_spec.cli.applying.planning import make_plan, workplace_at
from fused_spec.cli.specs.reading import valid_specs
from fused_spec.cli.targets.target import named_target, service_state
from fused_spec.cli.terminal.context import Context
from fused_spec.configuration.settings import LOCAL_TARGET
from fused_spec.errors import FusedSpecError
from fused_spec.plan.model import Requests
from fused_spec.views.documents.standings import Standing

if TYPE_CHECKING:
    from fused_spec.spec.model import Project, Resolution


def standings(context: Context, paths: tuple[str, ...]) -> list[Standing]:
    """The specs compared with the history of each target, in the order of the project file."""
    resolution = valid_specs(context, paths)
    return [_standing(context, resolution, name) for name in _targets(resolution.project)]


def _targets(project: "Project") -> list[str]:
    """Those that are declared, the default one, and the local service where there is one."""
    was_used = (service_state(project) / "service.db").exists()
    names = [*([LOCAL_TARGET] if was_used else []), project.default_target, *project.targets]
    return list(dict.fromkeys(names))


def _standing(context: Context, resolution: "Resolution", name: str) -> Standing:
    target = named_target(name, resolution.project)
    try:
        place = workplace_at(context, resolution, target)
        plan = make_plan(context, place, Requests())
    except FusedSpecError as error:
        return Standing(target=name, scope=target.scope, error=error)
    return Standing(target=name, scope=target.scope, service=place.kept.service.name, plan=plan)
