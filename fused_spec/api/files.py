"""List, read, write and delete files of the team's storage, and bring local inputs there."""

import builtins
import secrets
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Literal, cast, overload

from fused_spec.api.base import Connected
from fused_spec.api.errors import ApiError, InvalidArgument
from fused_spec.api.inputs import is_geodataframe, write_geoparquet
from fused_spec.api.limits import DOWNLOAD, FILES
from fused_spec.api.transport import Query
from fused_spec.api.uploads import Content, Source, form, opened
from fused_spec.wire import FileDetails, SignedPost, SignedTemporaryPost

# A service that lacks the signed uploads says so in one of these ways.


class FileReads(Connected):
    def get(self, path: str) -> bytes:
        """The content of a file, at most 1 GiB; `download` has no such limit."""
        return self._transport.follow("files/get", query={"path": path}, limits=FILES).body

    def download(self, path: str, local_path: str | Path) -> None:
        """Write a file to `local_path`, which is either whole afterwards or as it was before."""
        target = Path(local_path)
        part = target.with_name(f".{target.name}.{secrets.token_hex(4)}")
        try:
            with part.open("xb") as file:
                self._transport.follow(
                    "files/get", query={"path": path}, limits=DOWNLOAD, sink=lambda pieces: _write(pieces, file)
                )
            part.replace(target)
        finally:
            part.unlink(missing_ok=True)

    def sign_url(self, path: str) -> str:
        """A URL under which anyone can read the file for a while: a secret."""
        return self._transport.call("GET", "files/sign", query={"path": path}).read_as(str)

    def sign_url_prefix(self, path: str) -> dict[str, str]:
        """Such URLs for every file below `path`, by the file's own URL."""
        return self._transport.call("GET", "files/sign_prefix", query={"path": path}).read_as(dict[str, str])

    @overload
    def list(self, path: str, details: Literal[False] = False) -> builtins.list[str]: ...
    @overload
    def list(self, path: str, details: Literal[True]) -> builtins.list[FileDetails]: ...
    def list(self, path: str, details: bool = False) -> builtins.list[str] | builtins.list[FileDetails]:
        """The URLs below `path`, or with `details` also sizes, times and what is a directory."""
        if details:
            answer = self._transport.call("GET", "files/list-details", query={"path": path})
            return answer.read_as(builtins.list[FileDetails])
        return self._transport.call("GET", "files/list", query={"path": path}).read_as(builtins.list[str])


class FileWrites(FileReads):
    def upload(self, path: str, data: Source) -> None:
        """Write bytes, a local file (`pathlib.Path`) or an open binary file to `path`.

        Asks for a signed form and posts there without credentials; sends straight to the service where
        it has no such call. Large files are read piece by piece.
        """
        with opened(data) as content:
            query: Query = {"path": path, "content_length": content.length}
            try:
                signed = self._transport.call("GET", "files/sign-upload", query=query).read_as(SignedPost)
            except ApiError as error:
                if not error.lacks_the_call:
                    raise
                self._transport.call("PUT", "files/upload", query={"path": path}, body=content, limits=FILES)
            else:
                self._post(signed, content)

    def delete(self, path: str, max_deletion_depth: int | Literal["unlimited"] = 2) -> bool:
        """Delete a file, or a folder with at most this many levels; whether anything was there."""
        query: Query = {"path": path, "max_deletion_depth": max_deletion_depth}
        return self._transport.call("DELETE", "files/delete", query=query).read_as(bool)

    def _upload_tmp(self, extension: str, data: Source) -> str:
        """Upload to a temporary place; returns the URL by which a job step reads it. `extension` has no dot."""
        with opened(data) as content:
            query: Query = {"content_length": content.length, "extension": extension}
            try:
                answer = self._transport.call("GET", "files/sign-upload-temp", query=query)
            except ApiError as error:
                if not error.lacks_the_call:
                    raise
                query = {"extension": extension}
                return self._transport.call(
                    "POST", "files/upload-temp", query=query, body=content, limits=FILES
                ).read_as(str)
            signed = answer.read_as(SignedTemporaryPost)
            self._post(signed.signed_post, content)
            return signed.storage_url

    def _replace_df_input(self, input: object) -> str | builtins.list[str]:
        """What a job step can read in place of `input`: local things are uploaded and become their URL.

        A GeoDataFrame becomes Parquet; a `pathlib.Path` keeps its last suffix; anything else is returned as it is.
        """
        if is_geodataframe(input):
            with tempfile.TemporaryFile() as file:
                write_geoparquet(input, file)
                return self._upload_tmp("parquet", file)
        if isinstance(input, Path):
            if not input.suffix:
                raise InvalidArgument(f"{input} has no suffix, so nobody could tell what it holds", hint="rename it")
            return self._upload_tmp(input.suffix[1:], input)
        return cast("str | builtins.list[str]", input)

    def _post(self, signed: SignedPost, content: Content) -> None:
        body = form(signed.fields, content)
        self._transport.post_form(signed.url, body, body.content_type)


def _write(pieces: Iterator[bytes], file: IO[bytes]) -> bytes:
    """Fill the file from its start, since a repeated attempt begins anew."""
    file.seek(0)
    file.truncate()
    file.writelines(pieces)
    return b""
