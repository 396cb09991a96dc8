"""Read delimited text: CSV, TSV and their like, with geometry that is written in it."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

import pyarrow as pa
import pyarrow.compute as pc

from fused_spec.engine.failures import StepFailed
from fused_spec.engine.ingest.common.notes import shown
from fused_spec.engine.ingest.common.tally import Tally
from fused_spec.engine.ingest.geometry.text import wkb_of_text
from fused_spec.engine.ingest.geometry.wkb import NoGeometry
from fused_spec.engine.ingest.reading.layer import Batch, Choice, Layer, Origin
from fused_spec.engine.ingest.reading.options import Reading
from fused_spec.engine.ingest.reading.text.dialect import dialect_of, usual_delimiter
from fused_spec.engine.ingest.reading.text.encoding import Packed, text_of
from fused_spec.engine.ingest.reading.text.geometry import TextGeometry, geometry_column, with_crs
from fused_spec.engine.ingest.reading.text.guesses import Guess, Kind
from fused_spec.engine.ingest.reading.text.records import line_of
from fused_spec.engine.ingest.reading.text.rows import BLOCK_BYTES, Rows
from fused_spec.engine.ingest.reading.text.scanning import scan
from fused_spec.engine.ingest.reading.text.typed import NoSuchValue, typed

_IN_MEMORY = 1.5  # how many times larger than its text a table may be, at a guess
_ROW = re.compile(r"^row [0-9,]+: ")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Plan:
    """How a file becomes a table: its chosen columns by what is known of them, and its geometry."""

    rows: Rows
    chosen: Sequence[str]
    said: Mapping[str, pa.DataType]
    guesses: Mapping[str, Guess]
    numbers: Sequence[str]
    geometry: TextGeometry | None
    encoding: str
    size: int
    widened: Mapping[str, pa.DataType] = field(default_factory=dict)

    def type_of(self, name: str) -> pa.DataType:
        if name in self.said:
            return self.said[name]
        return self.widened[name] if name in self.widened else self.guesses[name].type

    def is_converted(self, name: str) -> bool:
        """Whether Arrow's reader makes the values, which it does of what was guessed."""
        guess = self.guesses.get(name, Guess())
        return guess.kind is not Kind.NOTHING and not pa.types.is_string(self.type_of(name))

    def layer(self) -> Layer:
        return Layer(
            attributes=pa.schema([(name, self.type_of(name)) for name in self.chosen]),
            parts=[int(self.size * _IN_MEMORY)],
            batches=partial(_batches, self),
            has_geometry=self.geometry is not None,
            crs=None if self.geometry is None else self.geometry.crs,
            origin=self._origin(),
            guesses=self.guesses,
            widened=self.with_types,
        )

    def with_types(self, types: Mapping[str, pa.DataType]) -> Layer:
        """The layer with these types of columns that were guessed."""
        return replace(self, widened={**self.widened, **types}).layer()

    def _origin(self) -> Origin:
        lossy = list(self.rows.dialect.told)
        stamps = {name: one for name, one in self.guesses.items() if pa.types.is_timestamp(self.type_of(name))}
        for name, guess in stamps.items():
            if guess.kind is Kind.STAMP and not guess.keeps_zone:
                lossy.append(
                    f"column {name} has times with offsets ({', '.join(sorted(guess.zones))}); the instants are kept, "
                    "in UTC, the offsets are not"
                )
        for name, guess in self.guesses.items():
            if guess.decimals is not None and pa.types.is_floating(self.type_of(name)):
                lossy.append(
                    f"column {name} has numbers that all are written with {guess.decimals} decimals; the numbers are "
                    f"kept, zeros at their ends are not (read.types: {{{name}: String}} keeps them)"
                )
        return Origin(
            encoding=self.encoding,
            crs_from=None if self.geometry is None else self.geometry.crs_from,
            zones={name: guess.zone for name, guess in stamps.items() if guess.zone is not None},
            kinds={name: words for name in self.guesses if (words := self._kind(name)) is not None},
            lossy=lossy,
        )

    def _kind(self, name: str) -> str | None:
        guess = self.guesses[name]
        is_text = name in self.widened and pa.types.is_string(self.widened[name])
        if is_text and guess.kind not in (Kind.TEXT, Kind.NOTHING):
            return f"{guess.type}, and text in other inputs"
        return None if guess.why is None else f"text, since {guess.why} (read.types can say what it is)"


def open_delimited(packed: Packed, choose: Choice, reading: Reading, *, plain: bool) -> Layer:
    """The layer of a file of delimited text; raises `StepFailed`, and what pyarrow does."""
    text = text_of(packed, reading.encoding)
    try:
        head, whole = text.head()
        usual = usual_delimiter(packed.name)
        dialect, sample = dialect_of(packed.file.name, head, reading, usual=usual, whole=whole)
    except UnicodeError as error:
        raise text.undecodable() from error
    geometry = None if plain else geometry_column(packed.file.name, dialect.names, sample, reading.geometry)
    chosen = choose([name for name in dialect.names if name != geometry])
    rows = Rows(
        text=text,
        dialect=dialect,
        nulls=reading.null_values,
        decimal=reading.decimal or ".",
        block_bytes=BLOCK_BYTES,
    )
    said = {name: kind for name, kind in reading.types.items() if name in chosen}
    scanned = scan(rows, [name for name in chosen if name not in said])
    said |= {
        name: pa.float64()
        for name in reading.numbers
        if name not in said and scanned.guesses[name].kind not in (Kind.WHOLE, Kind.NUMBER)
    }
    return _Plan(
        rows=scanned.rows,
        chosen=chosen,
        said=said,
        guesses={name: guess for name, guess in scanned.guesses.items() if name not in said},
        numbers=reading.numbers,
        geometry=None if geometry is None else with_crs(scanned.rows, geometry),
        encoding=text.words,
        size=scanned.size,
    ).layer()


def _batches(plan: _Plan, parts: range) -> Iterator[Batch]:
    kinds = {name: plan.type_of(name) if plan.is_converted(name) else pa.string() for name in plan.chosen}
    if plan.geometry is not None:
        kinds[plan.geometry.name] = pa.string()
    for _ in parts:  # there is one
        first_row = 0
        for batch in plan.rows.batches(kinds):
            tally = Tally()
            columns = [_column(plan, name, batch[name], first_row, tally.lossy) for name in plan.chosen]
            yield Batch(
                attributes=pa.table(columns, names=list(plan.chosen)),
                geometry=None if plan.geometry is None else _geometry(plan, plan.geometry.name, batch, first_row),
                tally=tally,
                first_row=first_row,
            )
            first_row += batch.num_rows


def _column(plan: _Plan, name: str, values: pa.Array, first_row: int, lossy: Counter[str]) -> pa.Array:
    if plan.is_converted(name):
        return values
    if name in plan.guesses and plan.guesses[name].kind is Kind.NOTHING:
        kind = plan.type_of(name)
        if name not in plan.widened or not pa.types.is_string(kind):
            return pa.nulls(len(values), kind)
    values = _without_nulls(plan, values)
    if name in plan.guesses:
        return values
    try:
        made = typed(values, plan.said[name], name, plan.rows.decimal)
    except NoSuchValue as error:
        raise _misfit(plan, name, error, first_row) from error
    lossy.update(made.lossy)
    return made.values


def _geometry(plan: _Plan, name: str, batch: pa.RecordBatch, first_row: int) -> pa.ChunkedArray:
    values = _without_nulls(plan, batch[name])
    try:
        return wkb_of_text(values, name, first_row)
    except NoGeometry as error:
        row = int(str(error).removeprefix("row ").partition(":")[0].replace(",", "")) - 1
        line = line_of(plan.rows.text, plan.rows.dialect, row)
        why = _ROW.sub("", str(error))
        raise StepFailed(
            f"{shown(plan.rows.text.file.name)}, line {line:,}: {why}; mend the value, or leave it empty"
        ) from error


def _without_nulls(plan: _Plan, values: pa.Array) -> pa.Array:
    """Text without the words that stand for a missing value."""
    if not plan.rows.nulls:
        return values
    return pc.if_else(pc.is_in(values, pa.array(plan.rows.nulls, pa.string())), None, values)


def _misfit(plan: _Plan, name: str, error: NoSuchValue, first_row: int) -> StepFailed:
    kind, file = plan.said[name], shown(plan.rows.text.file.name)
    if error.place is None:
        return StepFailed(f"{file}: column {name} cannot become {kind}, which text has no values of; write it as text")
    line = line_of(plan.rows.text, plan.rows.dialect, first_row + error.place)
    what = (
        f"lonlat_cols: {name} must be numbers, and" if name in plan.numbers else f"column {name} is to be {kind}, and"
    )
    return StepFailed(f"{file}, line {line:,}: {what} {error.value!r} is none; {_step(plan, error.value)}")


def _step(plan: _Plan, value: str) -> str:
    if re.fullmatch(r"\s*[-+]?[0-9]*,[0-9]+\s*", value) and plan.rows.decimal != ",":
        return "read.decimal: ',' reads numbers with a comma"
    if re.fullmatch(r"\s*[-+]?[0-9]{1,3}([., ][0-9]{3})+([.,][0-9]+)?\s*", value):
        return "remove what parts its thousands"
    if not re.search("[0-9]", value):
        return f"read.null_values: [{value!r}] makes it a missing value"
    return "mend the value, or say another type in read.types"
