"""What stands behind `fd://`, as people write it: a folder of this machine, or a URL that fsspec opens."""

import re
import sys
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import unquote

from fused_spec.errors import Misconfigured

# The variables, by their beginnings, in which a storage's own library looks for credentials and addresses.
_VARIABLES = {
    "s3": ("AWS_",),
    "gs": ("GOOGLE_", "GCLOUD_", "CLOUDSDK_", "GCSFS_", "STORAGE_EMULATOR_HOST"),
}

# What the libraries of these storages raise besides OSError, by module and name.
_ERRORS = (
    ("botocore.exceptions", "BotoCoreError"),
    ("botocore.exceptions", "ClientError"),
    ("aiohttp", "ClientError"),
    ("gcsfs.retry", "HttpError"),
    ("google.auth.exceptions", "GoogleAuthError"),
)


BUCKET = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
"""The name of one; a login before it would be quoted by whatever cannot use it."""

# `s3:/bucket/x` and `file:/x` as well, which as paths would be folders that nobody meant.
_MEANT_AS_URL = re.compile(r"[a-z][a-z0-9+.:-]+:/|(?:s3a?|gs|gcs|az|abfss?|https?|ftp|file|local):", re.IGNORECASE)


def is_meant_as_url(text: str) -> bool:
    """Whether it was to be a URL, well written or not; every other text is a path."""
    return _MEANT_AS_URL.match(text) is not None


def parse_storage(text: str | None, cwd: Path) -> str | None:
    """An absolute path, or a URL without its last slash; raises `Misconfigured` for what can be neither."""
    if text is None:
        return None
    scheme, separator, rest = text.partition("://")
    if not separator and not is_meant_as_url(text):
        return str((cwd / Path(text).expanduser()).resolve())
    if scheme == "file" and rest.startswith("/"):
        return str(Path(unquote(rest)).resolve())
    bucket, *folders = rest.split("/")
    if scheme not in _VARIABLES or not BUCKET.fullmatch(bucket) or ".." in folders:
        kinds = ", ".join(f"{known}://bucket/prefix" for known in _VARIABLES)
        raise Misconfigured(f"{text} is no storage", hint=f"give a folder, {kinds}")
    return text.rstrip("/")


def is_remote(root: str) -> bool:
    """Whether a parsed storage is not on this machine."""
    return not root.startswith("/")


def storage_variables(root: str, env: Mapping[str, str]) -> dict[str, str]:
    """What a job's processes need of the environment to reach the storage; its credentials are among it."""
    beginnings = _VARIABLES.get(root.partition("://")[0], ())
    return {name: value for name, value in env.items() if name.startswith(beginnings)} if beginnings else {}


def storage_errors() -> tuple[type[Exception], ...]:
    """What a remote storage's library raises when it cannot do as asked, so far as it is loaded."""
    return (OSError, *(getattr(sys.modules[module], name) for module, name in _ERRORS if module in sys.modules))


def trouble_with(root: str, error: Exception) -> str:
    """What a person needs to know of such an error."""
    said = str(error).strip() or type(error).__name__
    return f"the storage {root} cannot be used: {said}; look at the bucket, at the credentials and at the network"
