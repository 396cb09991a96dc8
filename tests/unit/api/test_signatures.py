"""The seed's sixteen entries, pinned: names, defaults, keyword-only places, kinds of return value.

What 2.9 added stands behind the seed's own keywords.
"""

import inspect
from typing import Any

import pytest

from fused_spec import FusedAPI

ENV = "('FUSED_CREDENTIAL_PROVIDER=ec2',)"
SEED = {
    "__init__": "(self, *, base_url=None, set_global_api=True, credentials_needed=True) -> None",
    "start_job": (
        "(self, config, *, instance_type=None, region=None, disk_size_gb=None, "
        f"additional_env={ENV}, image_name=None, send_status_email=None, cache_max_age=None) -> RunResponse"
    ),
    "create_udf_access_token": (
        "(self, udf_email_or_name_or_id=None, /, udf_name=None, *, udf_email=None, udf_id=None, "
        "client_id=Ellipsis, cache=True, metadata_json=None, enabled=True, public_read=None, access_scope=None) "
        "-> UdfAccessToken"
    ),
    "get_jobs": "(self, n=5, *, skip=0, per_request=25, max_requests=1) -> Jobs",
    "get_status": "(self, job) -> RunResponse",
    "get_logs": "(self, job, since_ms=None) -> list",
    "tail_logs": "(self, job, refresh_seconds=1, sample_logs=True, timeout=None, get_logs_retries=1) -> None",
    "wait_for_job": "(self, job, poll_interval_seconds=5, timeout=None) -> RunResponse",
    "cancel_job": "(self, job) -> RunResponse",
    "_whoami": "(self) -> dict",
    "_list_realtime_instances": "(self, *, whose='self') -> list",
    "upload": "(self, path, data) -> None",
    "_upload_tmp": "(self, extension, data) -> str",
    "_replace_df_input": "(self, input) -> str | list",
    "_health": "(self) -> bool",
    "auth_token": "(self) -> str",
}


@pytest.mark.parametrize("name", SEED)
def test_an_entry_has_the_seeds_signature(name: str) -> None:
    signature = inspect.signature(getattr(FusedAPI, name))
    bare = [parameter.replace(annotation=inspect.Parameter.empty) for parameter in signature.parameters.values()]
    returned = _kind(signature.return_annotation)
    assert f"{inspect.Signature(bare)} -> {returned}" == SEED[name]


def test_the_class_is_importable_from_the_package() -> None:
    from fused_spec.api.client import FusedAPI as ours

    assert FusedAPI is ours


def _kind(annotation: Any) -> str:
    if annotation is None:
        return "None"
    members = getattr(annotation, "__args__", ()) if "|" in str(annotation) else (annotation,)
    return " | ".join(getattr(member, "__origin__", member).__name__ for member in members)
