"""List all that lies below a folder of a bucket, its parts side by side.

A bucket answers a listing in pages, one after another, each with the key where the next one begins. So a large folder
is taken apart first, by the folders in it, and then its parts are listed at the same time.
"""

import base64
import re
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

_AT_ONCE = 32
_ENOUGH = 16  # parts
_DEEPEST = 3  # levels that are looked into before
_MD5 = re.compile(r"[0-9a-f]{32}")

Info = Mapping[str, Any]


def list_below(filesystem: Any, root: str) -> dict[str, Info]:
    """What fsspec tells of each file below a folder, which need not be there."""
    filesystem.invalidate_cache()
    found: dict[str, Info] = {}
    parts = [root]
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        for _ in range(_DEEPEST):
            entries = [one for within in pool.map(lambda part: _entries(filesystem, part), parts) for one in within]
            found |= {one["name"]: one for one in entries if one["type"] != "directory"}
            parts = [one["name"].rstrip("/") for one in entries if one["type"] == "directory"]
            if len(parts) >= _ENOUGH:
                break
        if not parts and not found:
            parts = [root]  # a bucket that is missing is told by this, and a folder that is missing is empty

        def below(part: tuple[str, str]) -> dict[str, Info]:
            folder, beginning = part
            given = {"prefix": beginning} if beginning else {}
            listed: dict[str, Info] = filesystem.find(folder, detail=True, **given)
            return listed

        for listed in pool.map(below, _grouped(parts)):
            found |= listed
    filesystem.invalidate_cache()  # nothing is asked of it again, and it may be large
    return found


def md5_of(info: Info) -> str | None:
    """The MD5 of the content in hex, where the listing tells it: as an S3 bucket's `ETag`, or a GCS one's `md5Hash`.

    An `ETag` need not be one, as with objects in parts or encrypted by a key of one's own; then it fits no content.
    """
    tag = str(info.get("ETag") or "").strip('"')
    if _MD5.fullmatch(tag):
        return tag
    try:
        return base64.b64decode(str(info.get("md5Hash") or ""), validate=True).hex() or None
    except ValueError:
        return None


def _entries(filesystem: Any, folder: str) -> Sequence[Info]:
    try:
        listed: Sequence[Info] = filesystem.ls(folder, detail=True)
    except FileNotFoundError:
        return ()
    return [one for one in listed if one["name"].rstrip("/") != folder.rstrip("/")]


def _grouped(folders: Sequence[str]) -> Iterator[tuple[str, str]]:
    """The folders as some parents, each with what the names in it begin with: no more than can be listed at once."""
    by_parent: dict[str, list[str]] = {}
    for folder in folders:
        parent, _, name = folder.rpartition("/")
        by_parent.setdefault(parent, []).append(f"{name}/")
    for parent, names in by_parent.items():
        for beginning in beginnings(names, max(1, _AT_ONCE // len(by_parent))):
            yield parent, beginning


def beginnings(names: Sequence[str], most: int) -> list[str]:
    """What the names begin with, as different as it can be told apart: about `most` of them, and each name has one."""
    groups = {"": sorted(set(names))}
    while len(groups) < most:
        beginning, largest = max(groups.items(), key=lambda group: len(group[1]))
        if len(largest) < 2:
            break
        del groups[beginning]
        for name in largest:
            groups.setdefault(name[: len(beginning) + 1], []).append(name)
    return sorted(groups)
