"""The machine types that Fused knows by name; the published client refuses any other before it sends.

Source: the published sizes of the cloud machines that the names stand for.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from msgspec import Struct


class Size(Struct, frozen=True):
    """Processors, and GiB of memory."""

    cpus: int
    gib: int


_COUNTS: Final = {"large": 1, "xlarge": 2, "2xlarge": 4, "4xlarge": 8, "8xlarge": 16, "12xlarge": 24, "16xlarge": 32}
_GIB_FOR_CPU: Final = {"m5": 4, "r5": 8}

INSTANCES: Final[Mapping[str, Size | None]] = MappingProxyType(
    {
        **{
            f"{family}.{size}": Size(2 * count, 2 * count * gib)
            for family, gib in _GIB_FOR_CPU.items()
            for size, count in _COUNTS.items()
        },
        "t3.small": Size(2, 2),
        "t3.medium": Size(2, 4),
        "t3.large": Size(2, 8),
        "t3.xlarge": Size(4, 16),
        "t3.2xlarge": Size(8, 32),
        **{f"c2-standard-{cpus}": Size(cpus, 4 * cpus) for cpus in (4, 8, 16, 30, 60)},
        "m3-ultramem-32": Size(32, 976),
        "m3-ultramem-64": Size(64, 1952),
        "agent": None,
        "small": Size(2, 2),
        "medium": Size(16, 64),
        "large": Size(64, 512),
    }
)
"""What each type has; the agent's machine may be any."""

INSTANCE_TYPES: Final = tuple(INSTANCES)
REALTIME: Final = Size(1, 10)
"""What one call of a UDF by HTTP may use."""
