"""Read delimited text once, to know what its columns are and that all of it can be read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa

from fused_spec.engine.ingest.common.threads import mapped
from fused_spec.engine.ingest.reading.text.guesses import Guess, united
from fused_spec.engine.ingest.reading.text.looking import look
from fused_spec.engine.ingest.reading.text.quoting import Quotes
from fused_spec.engine.ingest.reading.text.rows import Rows

_TOO_LONG = "straddl"  # what Arrow says of a row that is longer than a block


@dataclass(frozen=True, slots=True, kw_only=True)
class Scanned:
    """What the columns asked for are, the rows in blocks that hold each of them, and the bytes of all text."""

    guesses: Mapping[str, Guess]
    rows: Rows
    size: int


def scan(rows: Rows, columns: Sequence[str]) -> Scanned:
    """Scan a file; raises `StepFailed` where it cannot be read."""
    while True:
        try:
            return _scanned(rows, columns)
        except pa.ArrowInvalid as error:
            if _TOO_LONG not in str(error):
                raise
        rows = rows.larger()


def _scanned(rows: Rows, columns: Sequence[str]) -> Scanned:
    quotes = Quotes(rows.dialect.delimiter, rows.dialect.quote)
    kinds = {name: pa.string() for name in columns} or {rows.dialect.names[0]: pa.binary()}
    guesses = {name: Guess() for name in columns}

    def looked_at(batch: pa.RecordBatch) -> dict[str, Guess]:
        return {name: look(batch[name], guesses[name].kind, rows.decimal) for name in columns}

    for found in mapped(looked_at, rows.batches(kinds, text_is_null=True, quotes=quotes)):
        guesses = {name: united((guesses[name], guess)) for name, guess in found.items()}
    return Scanned(guesses=guesses, rows=rows, size=quotes.size)
