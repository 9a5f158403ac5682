"""The forms that tables are written in, CSV and JSON, as pieces of bytes; and all tables as one ZIP archive."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from itertools import islice
from typing import Any

import msgspec
from zipstream import ZIP_DEFLATED, ZipStream

from assessments.csv_form import guarded
from exports.cells import document
from exports.snapshot import one_instant
from exports.table import FETCHED, Row, Source, Table
from notify.models import moment

MARK = b"\xef\xbb\xbf"
"""By which spreadsheets know that a file is UTF-8."""

_json = msgspec.json.Encoder(decimal_format="number")


@dataclass(frozen=True, slots=True)
class Form:
    """A form of a file: the ending of its name, its content type, and what writes it."""

    ending: str
    content_type: str
    written: Callable[[Table, Source], Iterator[bytes]]


def _as_csv(table: Table, source: Source) -> Iterator[bytes]:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(table.columns)
    yield MARK + out.getvalue().encode()
    for rows in _batches(table.read(source)):
        out.seek(0)
        out.truncate()
        writer.writerows([[_CELLS[type(value)](value) for value in row] for row in rows])
        yield out.getvalue().encode()


_CELLS: dict[type, Callable[[Any], str]] = {
    type(None): lambda value: "",
    str: guarded,
    bool: lambda value: "true" if value else "false",
    int: str,
    float: repr,
    Decimal: lambda value: f"{value.normalize():f}",
    datetime: moment,
    date: date.isoformat,
    dict: document,
    list: document,
}


def _as_json(table: Table, source: Source) -> Iterator[bytes]:
    head = {"organisation": source.reader.organisation.slug, "table": table.name, "at": source.at}
    lead = _json.encode(head)[:-1] + b',"rows":['
    for rows in _batches(table.read(source)):
        yield lead + b",".join([b"\n" + _json.encode(_object(table.columns, row)) for row in rows])
        lead = b","
    yield (b"" if lead == b"," else lead) + b"\n]}\n"


def _object(columns: Sequence[str], row: Row) -> dict[str, Any]:
    """The row by its columns; what is left out is null."""
    return dict(zip(columns, [None if value == "" else value for value in row], strict=True))


def _batches(rows: Iterable[Row]) -> Iterator[list[Row]]:
    rows = iter(rows)
    while batch := list(islice(rows, FETCHED)):
        yield batch


CSV = Form("csv", "text/csv; charset=utf-8", _as_csv)
JSON = Form("json", "application/json", _as_json)
FORMS = {form.ending: form for form in (CSV, JSON)}


def one_file(table: Table, form: Form, source: Source) -> Generator[bytes]:
    """The table as a file. Rows are read while it is written, all as of one instant."""
    with one_instant():
        yield from form.written(table, source)


def archive(
    tables: Iterable[Table], form: Form, source: Source, files: Iterable[tuple[str, Iterator[bytes]]] = ()
) -> Generator[bytes]:
    """A ZIP archive of these tables and then of these files, all as of one instant, compressed as it is read."""
    with one_instant():
        made = ZipStream(compress_type=ZIP_DEFLATED, compress_level=6)
        for table in tables:
            made.add(form.written(table, source), f"{table.name}.{form.ending}")
        yield from made.all_files()
        for path, content in files:
            made.add(content, path)
            yield from made.all_files()
        yield from made.finalize()
