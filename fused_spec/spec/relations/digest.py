"""The identity of a resolved payload: `d1:` and the SHA-256 of its canonical form.

Canonical is JSON in UTF-8 with sorted keys and nothing between the tokens. What only labels (the config's name,
metadata of any level, but for what a step's says of reading its inputs) is left out, and so is nothing else; payloads
come in their smallest form, so a field that a later version adds with a default changes no digest. The prefix changes
with the rule, never the rule alone.
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from fused_spec.spec.inputs.read_options import FIELD, READ, reading_in

_PREFIX = "d1:"


def digest(payload: Mapping[str, Any], *, outputs_of: Mapping[str, str] | None = None) -> str:
    """The digest of a job's, a UDF's or a token's payload; `outputs_of` are those of the jobs whose output it reads."""
    whole = _without_labels(payload)
    if outputs_of:
        whole["outputs_of"] = dict(outputs_of)
    return _PREFIX + hashlib.sha256(canonical(whole)).hexdigest()


def canonical(value: Any) -> bytes:
    """The one spelling of a JSON value; raises ValueError for what JSON cannot hold (NaN, infinity)."""
    return _ENCODER.encode(value).encode("utf-8", "surrogatepass")


_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def _without_labels(payload: Mapping[str, Any]) -> dict[str, Any]:
    bare = dict(payload)
    if "config" in bare:
        bare["config"] = {"steps": [_without_step_labels(step) for step in bare["config"]["steps"]]}
    elif "slug" in bare:
        bare["udf"] = _without(bare["udf"], "metadata")
    return bare


def _without_step_labels(step: Mapping[str, Any]) -> Mapping[str, Any]:
    bare = _without(step, "metadata")
    if reading := reading_in(step.get("metadata")):
        bare = {**bare, "metadata": {FIELD: {READ: dict(reading)}}}
    return {**bare, "udf": _without(bare["udf"], "metadata")} if "udf" in bare else bare


def _without(mapping: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """The same without a name; most have none, and nothing is copied."""
    return {key: value for key, value in mapping.items() if key != name} if name in mapping else mapping
