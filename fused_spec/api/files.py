"""List, read, write and delete files of the team's storage, and bring local inputs there."""

import builtins
import secrets
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Literal, cast, overload

from fused_spec.api.account import AccountReads
from fused_spec.api.errors import ApiError, InvalidArgument
from fused_spec.api.http.limits import DOWNLOAD, FILES
from fused_spec.api.http.ranges import RemoteContent
from fused_spec.api.http.transport import Query
from fused_spec.api.http.uploads import Content, Source, form, opened
from fused_spec.api.values.inputs import checked_file_url, is_dataframe, local_file, write_parquet
from fused_spec.wire import FileDetails, SignedPost, SignedTemporaryPost


class FileReads(AccountReads):
    """Every call names the instance whose storage is meant, `client_id`: the preferred one, as the published client."""

    def _with_client(self, query: Query) -> Query:
        """The question with `client_id`; a service without instances has one storage, and is asked without."""
        if self._has_instances:
            try:
                return {**query, "client_id": self._automatic_realtime_client_id()}
            except ApiError as error:
                if not error.lacks_the_call:
                    raise
                self._has_instances = False
        return query

    def get(self, path: str) -> bytes:
        """The content of a file, at most 1 GiB; `download` has no such limit."""
        return self._transport.follow("files/get", query=self._with_client({"path": path}), limits=FILES).body

    def download(self, path: str, local_path: str | Path) -> None:
        """Write a file to `local_path`, which is either whole afterwards or as it was before."""
        target, query = Path(local_path), self._with_client({"path": path})
        part = target.with_name(f".{target.name}.{secrets.token_hex(4)}")
        try:
            with part.open("xb") as file:
                self._transport.follow(
                    "files/get", query=query, limits=DOWNLOAD, sink=lambda pieces: _write(pieces, file)
                )
            part.replace(target)
        finally:
            part.unlink(missing_ok=True)

    def open_file(self, path: str) -> RemoteContent:
        """The content of a file, to be read in parts; nothing is asked before one is."""
        return RemoteContent(self._transport, lambda: self.sign_url(path))

    def sign_url(self, path: str) -> str:
        """A URL under which anyone can read the file for a while: a secret."""
        return self._transport.call("GET", "files/sign", query=self._with_client({"path": path})).read_as(str)

    def sign_url_prefix(self, path: str) -> dict[str, str]:
        """Such URLs for every file below `path`, by the file's own URL."""
        query = self._with_client({"path": path})
        return self._transport.call("GET", "files/sign_prefix", query=query).read_as(dict[str, str])

    @overload
    def list(self, path: str, details: Literal[False] = False) -> builtins.list[str]: ...
    @overload
    def list(self, path: str, details: Literal[True]) -> builtins.list[FileDetails]: ...
    def list(self, path: str, details: bool = False) -> builtins.list[str] | builtins.list[FileDetails]:
        """The URLs below `path`, or with `details` also sizes, times and what is a directory."""
        query = self._with_client({"path": path})
        if details:
            return self._transport.call("GET", "files/list-details", query=query).read_as(builtins.list[FileDetails])
        return self._transport.call("GET", "files/list", query=query).read_as(builtins.list[str])


class FileWrites(FileReads):
    def upload(self, path: str, data: Source) -> None:
        """Write bytes, a local file (`pathlib.Path`) or an open binary file to `path`.

        Asks for a signed form and posts there without credentials; sends straight to the service where
        it has no such call. Large files are read piece by piece.
        """
        path = checked_file_url(path)
        with opened(data) as content:
            query = self._with_client({"path": path, "content_length": content.length})
            try:
                signed = self._transport.call("GET", "files/sign-upload", query=query).read_as(SignedPost)
            except ApiError as error:
                if not error.lacks_the_call:
                    raise
                query = {name: value for name, value in query.items() if name != "content_length"}
                self._transport.call("PUT", "files/upload", query=query, body=content, limits=FILES)
            else:
                self._post(signed, content)

    def delete(self, path: str, max_deletion_depth: int | Literal["unlimited"] = 2) -> bool:
        """Delete a file, or a folder with at most this many levels; whether anything was there."""
        query = self._with_client({"path": path, "max_deletion_depth": max_deletion_depth})
        return self._transport.call("DELETE", "files/delete", query=query).read_as(bool)

    def _upload_tmp(self, extension: str, data: Source) -> str:
        """Upload to a temporary place; returns the URL by which a job step reads it. `extension` has no dot."""
        with opened(data) as content:
            query = self._with_client({"content_length": content.length, "extension": extension})
            try:
                answer = self._transport.call("GET", "files/sign-upload-temp", query=query)
            except ApiError as error:
                if not error.lacks_the_call:
                    raise
                query = {name: value for name, value in query.items() if name != "content_length"}
                return self._transport.call(
                    "POST", "files/upload-temp", query=query, body=content, limits=FILES
                ).read_as(str)
            signed = answer.read_as(SignedTemporaryPost)
            self._post(signed.signed_post, content)
            return signed.storage_url

    def _replace_df_input(self, input: object) -> str | builtins.list[str]:
        """What a job step can read in place of `input`: local things are uploaded and become their URL.

        A table of pandas becomes Parquet. A local file, which is a `pathlib.Path` or text that names one, keeps its
        last suffix; of a list so does each item. Anything else is returned as it is.
        """
        if is_dataframe(input):
            with tempfile.TemporaryFile() as file:
                write_parquet(input, file)
                return self._upload_tmp("parquet", file)
        if isinstance(input, builtins.list) and any(local_file(item) for item in input):
            return [self._upload_file(local) if (local := local_file(item)) else item for item in input]
        if (local := local_file(input)) is not None:
            return self._upload_file(local)
        return cast("str | builtins.list[str]", input)

    def _upload_file(self, file: Path) -> str:
        if not file.suffix:
            raise InvalidArgument(f"{file} has no suffix, so nobody could tell what it holds", hint="rename it")
        return self._upload_tmp(file.suffix[1:], file)

    def _post(self, signed: SignedPost, content: Content) -> None:
        body = form(signed.fields, content)
        self._transport.post_form(signed.url, body, body.content_type)


def _write(pieces: Iterator[bytes], file: IO[bytes]) -> bytes:
    """Fill the file from its start, since a repeated attempt begins anew."""
    file.seek(0)
    file.truncate()
    file.writelines(pieces)
    return b""
