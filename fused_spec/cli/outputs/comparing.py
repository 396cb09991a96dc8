"""What differs between what two runs made, as far as it can be told without reading more than is sensible."""

import hashlib
import tempfile
from collections.abc import Sequence
from pathlib import Path

from msgspec import Struct

from fused_spec.cli.outputs.finding import Found, outputs_of
from fused_spec.cli.outputs.telling import Wanted, told_outputs
from fused_spec.cli.runs.lookup import FoundRun, Surroundings
from fused_spec.engine.outputs.differences import Difference, compared
from fused_spec.engine.outputs.model import Kind, Told
from fused_spec.engine.outputs.summaries import Summary, summarized
from fused_spec.engine.outputs.tables import opened

_READ = 256 * 1024 * 1024  # bytes of an output whose values are compared
_SHOWN = 2_000  # bytes of a JSON or a text that is shown as it is
_TEXTS = (Kind.JSON, Kind.TEXT)


class Compared(Struct, frozen=True, kw_only=True):
    """The outputs of two runs, and what differs; the values of those in `unread` were not looked at."""

    before: Sequence[Told]
    after: Sequence[Told]
    differences: Sequence[Difference]
    unread: Sequence[str]


def compare(around: Surroundings, before: FoundRun, after: FoundRun) -> Compared:
    """Raises `FusedSpecError` when the service has forgotten one of them."""
    former, latter = (_told(around, outputs_of(around, run)) for run in (before, after))
    unread: dict[str, None] = {}

    def summarize(told: Told) -> Summary | str | None:
        if told.facts.problem is not None:
            return None
        if told.facts.bytes is None or told.facts.bytes > _READ:
            unread.setdefault(told.output.name)
            return None
        return _summary(told)

    differences = list(compared(former, latter, summarize))
    return Compared(before=former, after=latter, differences=differences, unread=tuple(unread))


def _told(around: Surroundings, found: Found) -> list[Told]:
    return told_outputs(around.api, found, found.outputs, Wanted.ALL)


def _summary(told: Told) -> Summary | str | None:
    """A table in numbers, a short text as it is, and of anything else the hash."""
    kind = told.facts.kind
    if kind in (Kind.NOTHING, Kind.FOLDER):
        return None
    if kind is Kind.TABLE:
        with opened(told.output) as table:
            return summarized(table)
    with tempfile.TemporaryDirectory(prefix="fused-spec-") as folder:
        file = Path(folder) / "content"
        told.output.files[0].open().save(file)
        if kind in _TEXTS and file.stat().st_size <= _SHOWN:
            return file.read_text(encoding="utf-8", errors="replace")
        with file.open("rb") as stream:
            return f"sha256 {hashlib.file_digest(stream, 'sha256').hexdigest()[:16]}"
