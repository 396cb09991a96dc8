"""The machine types that Fused knows by name; the published client refuses any other before it sends."""

from typing import Final

INSTANCE_TYPES: Final = (
    *(
        f"{family}.{size}"
        for family in ("m5", "r5")
        for size in ("large", *(f"{n}xlarge" for n in ("", 2, 4, 8, 12, 16)))
    ),
    *(f"t3.{size}" for size in ("small", "medium", "large", "xlarge", "2xlarge")),
    *(f"c2-standard-{cpus}" for cpus in (4, 8, 16, 30, 60)),
    *(f"m3-ultramem-{cpus}" for cpus in (32, 64)),
    "agent",
    "small",
    "medium",
    "large",
)
