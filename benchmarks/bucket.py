"""A bucket in memory that answers late: as much of S3 as an archive asks of it, and quick beyond its latency.

    uv run python benchmarks/bucket.py --latency 0.05

Prints its address once it listens; every request is answered so many seconds later. Three are not of S3, and answered
at once: `GET /asked` tells how many there were since it was last asked, `PUT /fill` brings objects as `{key: text}`,
`PUT /file` those of files of this machine as `{key: path}`, with one copy of each file, however many keys it has.
"""

import asyncio
import base64
import hashlib
import json
import re
from argparse import ArgumentParser
from bisect import bisect_left, insort
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

_PAGE = 1000
_OURS = ("/asked", "/fill", "/file")
_BEHIND = "\U0010ffff"
_RANGE = re.compile(r"bytes=(\d+)-(\d*)")
_DATE = "2031-05-01T12:00:00.000Z"


@dataclass(slots=True)
class Bucket:
    """The objects by key, and how many requests came."""

    objects: dict[str, bytes] = field(default_factory=dict)
    keys: list[str] = field(default_factory=list)
    asked: int = 0

    tags: dict[int, str] = field(default_factory=dict)

    def fill(self, objects: dict[str, bytes]) -> None:
        self.objects.update(objects)
        self.keys = sorted(self.objects)

    def tag(self, key: str) -> str:
        """The hash of an object, reckoned once for all keys of the same bytes."""
        content = self.objects[key]
        if id(content) not in self.tags:
            self.tags[id(content)] = _etag(content)
        return self.tags[id(content)]

    def put(self, key: str, content: bytes) -> None:
        if key not in self.objects:
            insort(self.keys, key)
        self.objects[key] = content

    def remove(self, key: str) -> None:
        if self.objects.pop(key, None) is not None:
            del self.keys[bisect_left(self.keys, key)]

    def page(self, prefix: str, delimiter: str, token: str) -> bytes:
        """One page of ListObjectsV2."""
        after = base64.b64decode(token).decode() if token else prefix
        entries, last = [], None
        for shown, behind in self._entries(prefix, delimiter, after):
            if len(entries) == _PAGE:
                break
            entries.append(shown)
            last = behind
        else:
            last = None
        more = "" if last is None else _tag("NextContinuationToken", base64.b64encode(last.encode()).decode())
        inside = _tag("IsTruncated", str(last is not None).lower()) + more + "".join(entries)
        return f'<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">{inside}</ListBucketResult>'.encode()

    def _entries(self, prefix: str, delimiter: str, after: str) -> Iterator[tuple[str, str]]:
        """Each entry, and behind which key the next one is."""
        index = bisect_left(self.keys, after)
        while index < len(self.keys) and (key := self.keys[index]).startswith(prefix):
            cut = key.find(delimiter, len(prefix)) if delimiter else -1
            if cut >= 0:
                folder = key[: cut + len(delimiter)]
                index = bisect_left(self.keys, folder + _BEHIND)
                yield f"<CommonPrefixes>{_tag('Prefix', folder)}</CommonPrefixes>", folder + _BEHIND
                continue
            index += 1
            content = self.objects[key]
            size, date, tag = _tag("Size", str(len(content))), _tag("LastModified", _DATE), _tag("ETag", self.tag(key))
            yield f"<Contents>{_tag('Key', key)}{date}{tag}{size}</Contents>", f"{key}\0"


def _tag(name: str, text: str) -> str:
    return f"<{name}>{escape(text)}</{name}>"


def _etag(content: bytes) -> str:
    return f'"{hashlib.md5(content, usedforsecurity=False).hexdigest()}"'


@dataclass(frozen=True, slots=True)
class Server:
    """Answers requests for the bucket's objects, each `latency` seconds after it came."""

    bucket: Bucket
    latency: float

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
                headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
                if headers.get("expect", "").lower() == "100-continue":
                    writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
                body = await reader.readexactly(int(headers.get("content-length", 0)))
                method, path, _ = first.split(" ")
                if path not in _OURS:
                    self.bucket.asked += 1
                    await asyncio.sleep(self.latency)
                status, content, more = self._answer(method, path, headers, body)
                head = f"HTTP/1.1 {status} OK\r\nContent-Length: {len(content)}\r\n{more}\r\n"
                writer.write(head.encode() + (b"" if method == "HEAD" else content))
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # the client is gone
        finally:
            writer.close()

    def _answer(self, method: str, path: str, headers: dict[str, str], body: bytes) -> tuple[int, bytes, str]:
        parts = urlsplit(path)
        key = unquote(parts.path).lstrip("/").partition("/")[2]
        asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
        bucket = self.bucket
        if path == "/asked":
            told, bucket.asked = bucket.asked, 0
            return 200, str(told).encode(), ""
        if path == "/fill":
            bucket.fill({name: text.encode() for name, text in json.loads(body).items()})
            return 200, b"", ""
        if path == "/file":
            named = json.loads(body)
            contents = {name: Path(name).read_bytes() for name in set(named.values())}
            bucket.fill({key: contents[name] for key, name in named.items()})
            return 200, b"", ""
        if method == "PUT":
            content = _unchunked(body) if "aws-chunked" in headers.get("content-encoding", "") else body
            bucket.put(key, content)
            return 200, b"", f"ETag: {_etag(content)}\r\n"
        if method == "DELETE":
            bucket.remove(key)
            return 204, b"", ""
        if not key:
            token = asked.get("continuation-token", "")
            return 200, bucket.page(asked.get("prefix", ""), asked.get("delimiter", ""), token), ""
        if key not in bucket.objects:
            return 404, b"<Error><Code>NoSuchKey</Code></Error>", ""
        content = bucket.objects[key]
        tag = f"ETag: {bucket.tag(key)}\r\nLast-Modified: Thu, 01 May 2031 12:00:00 GMT\r\n"
        if match := _RANGE.fullmatch(headers.get("range", "")):
            start, end = int(match[1]), min(int(match[2] or len(content)), len(content) - 1)
            return 206, content[start : end + 1], f"{tag}Content-Range: bytes {start}-{end}/{len(content)}\r\n"
        return 200, content, tag


def _unchunked(body: bytes) -> bytes:
    content = b""
    while body:
        head, _, rest = body.partition(b"\r\n")
        size = int(head.partition(b";")[0], 16)
        if size == 0:
            break
        content, body = content + rest[:size], rest[size + 2 :]
    return content


async def main() -> None:
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--latency", type=float, default=0.0)
    server = await asyncio.start_server(Server(Bucket(), parser.parse_args().latency).serve, "127.0.0.1", 0)
    print("http://{}:{}".format(*server.sockets[0].getsockname()), flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
