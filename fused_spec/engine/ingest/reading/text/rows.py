"""The rows of delimited text as Arrow's reader gives them, block by block, each block whole lines."""

import io
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

import pyarrow as pa
import pyarrow.csv

from fused_spec.engine.failures import StepFailed
from fused_spec.engine.ingest.common.notes import shown
from fused_spec.engine.ingest.reading.text.dialect import Dialect
from fused_spec.engine.ingest.reading.text.encoding import Text, Utf8
from fused_spec.engine.ingest.reading.text.quoting import Misquoted, Quotes
from fused_spec.engine.ingest.reading.text.records import line_at, ragged

BLOCK_BYTES = 16 * 2**20
_MOST_BLOCK_BYTES = 2**30  # Arrow counts the bytes of a block, and of its text, in 31 bits


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """The rows of a file: where they are, how they are written, which text is null in columns that are not text, and
    how many bytes at a time hold whole rows.
    """

    text: Text
    dialect: Dialect
    nulls: Sequence[str]
    decimal: str
    block_bytes: int

    def batches(
        self, kinds: Mapping[str, pa.DataType], *, text_is_null: bool = False, quotes: Quotes | None = None
    ) -> Iterator[pa.RecordBatch]:
        """The columns named, as these types; raises `StepFailed` for what is not as the file's other lines are.

        `text_is_null`: what is null in other columns is so in text as well. `quotes` looks at all that is read.
        """
        with self._stream(quotes) as stream:
            if stream.is_empty:
                return
            try:
                with self._open(stream, kinds, text_is_null=text_is_null) as reader:
                    yield from reader
            except Misquoted as error:
                raise self._misquoted(error) from error
            except UnicodeDecodeError as error:
                raise self.text.undecodable() from error
            except pa.ArrowInvalid as error:
                if "UTF8" in str(error):
                    raise self.text.undecodable() from error
                if "CSV parse error: Expected" in str(error):
                    raise ragged(self.text, self.dialect) from error
                raise

    def larger(self) -> "Rows":
        """The same with larger blocks; raises `StepFailed` where those are the largest."""
        if self.block_bytes >= _MOST_BLOCK_BYTES:
            raise StepFailed(
                f"{shown(self.text.file.name)} cannot be read: it has a row of more than {_MOST_BLOCK_BYTES:,} bytes; "
                "write its long values to files of their own"
            )
        return replace(self, block_bytes=min(4 * self.block_bytes, _MOST_BLOCK_BYTES))

    @contextmanager
    def _stream(self, quotes: Quotes | None) -> Iterator["_Blocks"]:
        with self.text.stream(self.dialect.start) as source:
            try:
                blocks = _Blocks(source, self.block_bytes, quotes)
            except Misquoted as error:
                raise self._misquoted(error) from error
            except UnicodeDecodeError as error:
                raise self.text.undecodable() from error
            yield blocks

    def _open(
        self, stream: "_Blocks", kinds: Mapping[str, pa.DataType], *, text_is_null: bool
    ) -> pyarrow.csv.CSVStreamingReader:
        return pyarrow.csv.open_csv(
            stream,
            read_options=pyarrow.csv.ReadOptions(block_size=self.block_bytes, column_names=list(self.dialect.names)),
            parse_options=pyarrow.csv.ParseOptions(
                delimiter=self.dialect.delimiter,
                quote_char=self.dialect.quote or False,
                newlines_in_values=True,
                ignore_empty_lines=len(self.dialect.names) > 1,  # in one column such a line is a value
            ),
            convert_options=pyarrow.csv.ConvertOptions(
                column_types=dict(kinds),
                include_columns=list(kinds),
                null_values=["", *self.nulls],
                strings_can_be_null=text_is_null,
                decimal_point=self.decimal,
            ),
        )

    def _misquoted(self, error: Misquoted) -> StepFailed:
        line = line_at(self.text, self.dialect, error.place)
        return StepFailed(f"{shown(self.text.file.name)} cannot be read: {error.words(line)}")


class _Blocks(io.RawIOBase):
    """Blocks of text that never end with a line end, and without those at the end of the text.

    Arrow takes a line feed at the beginning of a block for the rest of a line end before it, even within quotes.
    """

    def __init__(self, source: Utf8, size: int, quotes: Quotes | None) -> None:
        super().__init__()
        self._source = source
        self._quotes = quotes
        self._held = b""
        self._first: bytes | None = None
        self._first = self.read(size)
        self.is_empty = not self._first

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1, /) -> bytes:
        if self._first is not None:
            first, self._first = self._first, None
            return first
        while True:
            more = self._source.read(size - len(self._held))
            if self._quotes is not None:
                self._quotes.look(more) if more else self._quotes.end()
            block = self._held + more
            content = block.rstrip(b"\r\n") if len(block) < size or more[-1:] in b"\r\n" else block
            if not more:
                self._held = b""
                return b""
            if not content and len(block) == size:
                content = block[:-1]
            self._held = block[len(content) :]
            if content:
                return content
