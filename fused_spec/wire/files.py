"""Uploads and listings."""

from datetime import datetime

from pydantic import Field

from fused_spec.wire.base import Told, WireModel


class SignedPost(WireModel):
    """Where to send a multipart POST, and the fields that come before the file."""

    url: str = Field(repr=False)
    fields: dict[str, str] = Field(default_factory=dict, repr=False)


class SignedTemporaryPost(WireModel):
    """The same for a temporary upload, with the URL under which a job step reads it."""

    signed_post: SignedPost
    storage_url: str


class FileDetails(WireModel):
    """One entry of a listing."""

    url: str
    file_name: str
    is_directory: bool
    size: Told[int] = None
    last_modified: Told[datetime] = None
