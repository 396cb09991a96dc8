"""UDFs that travel with the one that loads them, as headers of a form of their own.

A loaded UDF has a *place*, and the place says who its neighbours are: everything up to the last `/` or `:` is its
*home*, and a neighbour's place is home and name.

    common                            beside the UDF that travels
    lib/common                        below it
    git+https://host/repo@COMMIT:path in git, at a whole commit
    file:/folder/common.py            on this machine

The header's `source_code` is the code; its `source_file` holds everything else as JSON behind `fused_load:`. Of a UDF
that comes from git itself, a header without code says the place (`is_self`).
"""

import json
import posixpath
from collections.abc import Iterable, Mapping
from typing import Any

from msgspec import Struct, field

from fused_spec.udfs.folder import UdfText
from fused_spec.udfs.gitrefs import GitReference, parse

_PREFIX = "fused_load:"
_MODULE = "fused_load_"


class Bundled(Struct, frozen=True, kw_only=True):
    """A UDF that travels along; `refs` are the words other than its commit by which its git reference names it."""

    place: str
    text: UdfText
    refs: tuple[str, ...] = ()
    is_self: bool = False


class Bundle(Struct, frozen=True):
    """What travels with a UDF, by place."""

    entries: Mapping[str, Bundled] = field(default_factory=dict)
    home: str = ""
    """Where the UDF itself stands."""

    def at(self, place: str) -> Bundled | None:
        return self.entries.get(place)

    def commit(self, reference: GitReference) -> str | None:
        """The commit at which this reference travels along."""
        for bundled in self.entries.values():
            place = parse(bundled.place)
            if place is None or (place.repository, place.path) != (reference.repository, reference.path):
                continue
            if reference.ref == place.ref or reference.ref in bundled.refs:
                return place.ref
        return None


def is_bundled(source_file: str | None) -> bool:
    """Whether a header is a UDF that travels along, and no module to import."""
    return source_file is not None and source_file.startswith(_PREFIX)


def as_headers(bundled: Iterable[Bundled]) -> list[dict[str, str]]:
    """The headers that carry these UDFs, in the words of the wire."""
    return [
        {"module_name": f"{_MODULE}{number}", "source_code": one.text.code, "source_file": _PREFIX + _described(one)}
        for number, one in enumerate(bundled)
    ]


def bundle_of(headers: Iterable[tuple[str | None, str]]) -> Bundle:
    """What the headers, each as `source_file` and `source_code`, carry; other headers are left out."""
    read = [_read(file, code) for file, code in headers if file is not None and is_bundled(file)]
    home = next((home_of(one.place) for one in read if one.is_self), "")
    return Bundle({one.place: one for one in read if not one.is_self}, home)


def home_of(place: str) -> str:
    return place[: max(place.rfind("/"), place.rfind(":")) + 1]


def neighbour(home: str, name: str) -> str:
    """The place of a name, which may be a relative path, in a home."""
    prefix, folder = home[: home.rfind(":") + 1], home[home.rfind(":") + 1 :]
    return prefix + posixpath.normpath(f"{folder}{name}")


def _described(one: Bundled) -> str:
    text = one.text
    more: dict[str, Any] = {
        "entrypoint": text.entrypoint,
        "parameters": dict(text.parameters),
        "headers": dict(text.headers),
        "refs": list(one.refs),
        "is_self": one.is_self,
    }
    described = {"at": one.place, "name": text.name} | {name: value for name, value in more.items() if value}
    return json.dumps(described, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _read(source_file: str, code: str) -> Bundled:
    described = json.loads(source_file.removeprefix(_PREFIX))
    text = UdfText(
        name=described["name"],
        code=code,
        entrypoint=described.get("entrypoint"),
        parameters=described.get("parameters", {}),
        headers=described.get("headers", {}),
    )
    return Bundled(
        place=described["at"],
        text=text,
        refs=tuple(described.get("refs", ())),
        is_self=described.get("is_self", False),
    )
