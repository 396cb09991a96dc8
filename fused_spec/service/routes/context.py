"""What the routes work with: one value per app, and how a route reaches it."""

import asyncio
from dataclasses import dataclass, field

from starlette.requests import Request
from starlette.responses import Response

from fused_spec.service.images.images import Images
from fused_spec.service.jobs.runs import Runs
from fused_spec.service.jobs.schedules import Schedules
from fused_spec.service.jobs.supervisor import Supervisor
from fused_spec.service.state.secret_values import SecretValues
from fused_spec.service.storage.local import Files
from fused_spec.service.storage.signing import Signer
from fused_spec.service.udfs.collections import Collections
from fused_spec.service.udfs.git_udfs import GitUdfs
from fused_spec.service.udfs.registry import Tokens, Udfs

BASE_PATH = "/server/v1"
USER_ID = "00000000-0000-4000-8000-000000000001"
ENVIRONMENT_ID = "00000000-0000-4000-8000-000000000002"
CLIENT_ID = "local"


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """`id` is the random one of its state folder.

    `calls` are the realtime runs whose result somebody will ask for, by the id that the caller chose.
    """

    id: str
    runs: Runs
    udfs: Udfs
    collections: Collections
    tokens: Tokens
    storage: Files
    supervisor: Supervisor
    signer: Signer
    schedules: Schedules
    secrets: SecretValues
    images: Images
    git: GitUdfs
    calls: dict[str, asyncio.Future[Response]] = field(default_factory=dict)

    def signed_url(self, request: Request, method: str, path: str) -> str:
        """An absolute URL that authorises itself; `path` begins behind the base path."""
        return f"{request.url.scheme}://{request.url.netloc}{self.signer.sign(method, f'{BASE_PATH}/signed/{path}')}"


def service_of(request: Request) -> Service:
    service = request.app.state.service
    assert isinstance(service, Service)
    return service


def is_first_generation(request: Request) -> bool:
    """Whether a 1.x client asks."""
    return request.headers.get("fused-py-version", "").startswith("1.")
