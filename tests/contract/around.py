"""What a command that looks at runs has around it, in the world of these tests."""

from fused_spec.cli.runs.lookup import Surroundings
from fused_spec.configuration.service_identity import ServiceIdentity
from fused_spec.configuration.settings import Target
from fused_spec.reconcile.archive.cancels import Cancels
from fused_spec.spec.model import Project
from fused_spec.spec.relations.moves import Moves
from tests.contract.world import SCOPE, World


def surroundings(world: World) -> Surroundings:
    project = Project(
        name="roads",
        scope=SCOPE,
        root=world.folder,
        state=world.folder / "state",
        archive=str(world.folder / "archive"),
    )
    return Surroundings(
        project=project,
        target=Target(name="local"),
        service=ServiceIdentity(url=world.api.base_url),
        api=world.api,
        archive=world.archive,
        journal=world.site().journal,
        cancels=Cancels(world.store, f"{SCOPE}/services/local/cancelled"),
        moves=Moves(recorded=world.recorded.all()),
    )
