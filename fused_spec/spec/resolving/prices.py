"""What a machine costs, in US dollars for an hour: to stop in time, not to write bills.

Source: the public on-demand list prices of Linux machines, AWS us-west-2 and Google Cloud us-central1. A project whose
prices differ says so in `fused-spec.yaml`.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from fused_spec.spec.documents.findings import Findings

_LARGE = {"m5": 0.096, "r5": 0.126}
_SIZES = {"large": 1, "xlarge": 2, "2xlarge": 4, "4xlarge": 8, "8xlarge": 16, "12xlarge": 24, "16xlarge": 32}
_T3 = {"small": 0.0208, "medium": 0.0416, "large": 0.0832, "xlarge": 0.1664, "2xlarge": 0.3328}
_C2_CPU = 0.0522
_M3_ULTRAMEM_CPU = 0.19

PRICES: Mapping[str, float] = MappingProxyType(
    {
        **{f"{family}.{size}": price * count for family, price in _LARGE.items() for size, count in _SIZES.items()},
        **{f"t3.{size}": price for size, price in _T3.items()},
        **{f"c2-standard-{cpus}": _C2_CPU * cpus for cpus in (4, 8, 16, 30, 60)},
        **{f"m3-ultramem-{cpus}": _M3_ULTRAMEM_CPU * cpus for cpus in (32, 64)},
        "small": _T3["small"],
        "medium": _LARGE["m5"] * _SIZES["4xlarge"],
        "large": _LARGE["r5"] * _SIZES["16xlarge"],
    }
)


def check_price(spec: Any, prices: Mapping[str, float], findings: Findings) -> None:
    """Tell of a `max_cost` that cannot be kept: a cost that nobody can know is no limit."""
    limit = spec["run"].get("max_cost") if isinstance(spec, dict) and isinstance(spec.get("run"), dict) else None
    if limit is None or not findings.is_sound(("spec", "instance_type")):
        return
    machine = spec.get("instance_type")
    if machine not in PRICES and machine not in prices:
        what = f"no price is known for {machine}" if machine else "without instance_type the service chooses"
        findings.tell(
            "unknown-price",
            f"max_cost cannot be kept: {what}",
            ("spec", "run", "max_cost"),
            f"add {machine}: DOLLARS_AN_HOUR under prices in fused-spec.yaml" if machine else "name an instance_type",
        )


def cost(instance_type: str | None, seconds: float, prices: Mapping[str, float] = PRICES) -> float:
    """US dollars for a machine and a time; 0 for one whose price nobody knows."""
    return prices.get(instance_type or "", 0.0) * seconds / 3600


def affordable_seconds(instance_type: str | None, dollars: float, prices: Mapping[str, float] = PRICES) -> float | None:
    """How long a machine may run for the money; None when its price is not known."""
    price = prices.get(instance_type or "")
    return None if not price else dollars / price * 3600
