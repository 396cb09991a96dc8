"""Whether a document is meant as a spec: in a folder there may be the YAML of others, and a spec with a slip in it.

The apiVersion decides. Where it is missing, or says nothing of fused-spec, what has the shape of a spec is meant as
one: rather an error too many than a job that is silently left out.
"""

import re
from collections.abc import Mapping
from typing import Any

from fused_spec.messages.diagnostics import Diagnostic, Location, Severity, nearest

KINDS = ("Job", "Udf", "UdfAccessToken", "Fragment")
UNREAD = "unread"
"""The code of the note about a file that cannot be read, and in which nothing names a spec."""
NO_SPEC = "not-a-spec"
"""The code of the note about what is of others."""
_API_VERSION = "fused-spec/v1"
BEGIN = f"begin it with apiVersion: {_API_VERSION}"

_VERSION = re.compile(r"\W*fused[-_ ]?spec\s*/", re.IGNORECASE)
_OF_TEXT = re.compile(r"""^[ \t"'{-]*apiVersion["']?[ \t]*:[ \t]*["']?([^\s"',#]*)""", re.MULTILINE)
_OURS = re.compile(r"""fused[-_ ]?spec\s*/|\budf["']?\s*:|\bkind["']?\s*:\s*["']?(?:Udf|UdfAccessToken)\b""", re.I)
_A_JOB = re.compile(r"""\bkind["']?\s*:\s*["']?Job\b""", re.IGNORECASE)  # Kubernetes, too, has this kind
STEP_TYPES = ("udf", "partition_geospatial", "partition_nongeospatial")


def is_meant(tree: Any) -> bool:
    """Whether the document is a spec, or was to be one."""
    if isinstance(tree, list):
        return any(isinstance(item, dict) and is_meant(item) for item in tree[:100])
    if not isinstance(tree, dict):
        return False
    if any(isinstance(value, str) and _VERSION.match(value) for value in tree.values()):
        return True
    version, kind = tree.get("apiVersion"), tree.get("kind")
    if isinstance(version, str):
        return _is_near(version) or kind in KINDS[1:] or _has_steps(tree)
    return (isinstance(kind, str) and nearest(kind, KINDS) is not None) or _has_steps(tree)


def is_meant_text(content: bytes | str) -> bool:
    """The same of a text that cannot be read as YAML, or not to its end."""
    text = content if isinstance(content, str) else content.replace(b"\0", b"").decode("utf-8", "replace")
    versions = _OF_TEXT.findall(text)
    if any(map(_is_near, versions)) or _OURS.search(text) is not None:
        return True
    return not versions and _A_JOB.search(text) is not None


def not_a_spec(place: Location, why: str, wrong: str | None = None) -> Diagnostic:
    """The note about what was met in a folder and passed over.

    `wrong` says what keeps it from being read: then nobody knows what it was, and nothing may be pruned for its sake.
    """
    return Diagnostic(
        code=UNREAD if wrong else NO_SPEC,
        message=f"passed over: {why}",
        location=place,
        severity=Severity.NOTE,
        hint=f"exclude it in fused-spec.yaml; if it is a spec: {wrong or BEGIN}",
    )


def _is_near(version: str) -> bool:
    return "fused" in version.lower() or nearest(version, (_API_VERSION,)) is not None


def _has_steps(tree: Mapping[str, Any]) -> bool:
    """Whether it has the steps of a job, at their level or at one too high."""
    spec = tree.get("spec")
    for above in (tree, spec):
        for inside in (above, above.get("config") if isinstance(above, dict) else None):
            steps = inside.get("steps") if isinstance(inside, dict) else None
            if isinstance(steps, list) and any(_is_step(step) for step in steps[:100]):
                return True
    return False


def _is_step(step: Any) -> bool:
    return isinstance(step, dict) and ("udf" in step or step.get("type") in STEP_TYPES)
