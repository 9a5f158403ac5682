"""Reading a filled checklist, or an old spreadsheet saved as CSV: tolerant of its form, strict about what it says."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from typing import Any

from assessments.changes import LONGEST_JUSTIFICATION, MOST_LINKS, AnswerChange
from assessments.csv_form import unguarded
from assessments.csv_values import Unreadable, applies_not, evidence_links, level_of, plain
from rubric.definition import Rubric
from rubric.loader import builtin

LARGEST = 1024 * 1024
MOST_ROWS = 2000
_HEADER_ROWS = 30
_DELIMITERS = (",", ";", "\t")
_HEADERS = {
    "key": ("key", "id", "test id", "test key", "no", "nr", "number", "#", "code"),
    "title": ("title", "test", "name", "test name", "check", "item", "question", "practice", "requirement"),
    "category": ("category", "section", "area", "group"),
    "asks": ("asks", "description", "guidance", "what it asks"),
    "level": ("level", "score", "status", "points", "answer", "result", "claim", "rating", "state", "value"),
    "not applicable": ("not applicable", "n a", "na"),
    "justification": (
        "justification",
        "notes",
        "note",
        "comment",
        "comments",
        "reason",
        "remarks",
        "explanation",
        "why",
    ),
    "evidence": ("evidence", "evidence links", "links", "link", "url", "urls", "proof"),
}
_COLUMN_OF = {name: column for column, names in _HEADERS.items() for name in names}
_SUMS = {"total", "sum", "score", "final score", "category score", "minimum", "average", "mean"}


@dataclass(frozen=True, slots=True)
class CsvFault:
    """What is wrong in one cell: rows count from 1 as spreadsheets do, 0 for the file as a whole."""

    row: int
    column: str
    detail: str


class CsvInvalid(Exception):
    """A file that can't be taken; `faults` names each row and column."""

    def __init__(self, *faults: CsvFault) -> None:
        super().__init__(" ".join(fault.detail for fault in faults))
        self.faults = faults


@dataclass(frozen=True, slots=True)
class Understood:
    """What a file says: changes in the rubric's order, and the rows passed over, as (row, its first text)."""

    changes: list[AnswerChange]
    passed_over: list[tuple[int, str]]


@dataclass(frozen=True, slots=True)
class _Columns:
    """Where each column is: its position and its header as the file writes it."""

    header_row: int
    places: dict[str, tuple[int, str]]

    def cell(self, cells: list[str], column: str) -> str:
        place = self.places.get(column)
        return unguarded(cells[place[0]].strip()) if place and place[0] < len(cells) else ""

    def name(self, column: str) -> str:
        """The column as a fault names it: its letter and its header."""
        place = self.places.get(column)
        return f"{_letter(place[0])} ({place[1]})" if place else column


def read(raw: bytes, rubric: Rubric) -> Understood:
    """The answers that a CSV file gives to a rubric's tests. Raises CsvInvalid with everything that is wrong."""
    rows = _rows(_text(raw))
    columns = _columns(rows)
    tests = _tests_by_name(rubric)
    changes: dict[str, AnswerChange] = {}
    passed_over: list[tuple[int, str]] = []
    faults: list[CsvFault] = []
    for number, cells in enumerate(rows[columns.header_row :], start=columns.header_row + 1):
        first = next((cell.strip() for cell in cells if cell.strip()), "")
        if not first:
            continue
        try:
            change = _change(columns, cells, number, tests, rubric)
            if change is None:
                passed_over.append((number, first[:80]))
            elif change.test in changes:
                raise _fault(number, columns.name("key"), f"The test {change.test} is answered a second time.")
            else:
                changes[change.test] = change
        except CsvInvalid as invalid:
            faults += invalid.faults
    if not faults and not changes:
        faults.append(CsvFault(0, "", "No row gives an answer to a test of this rubric."))
    if faults:
        raise CsvInvalid(*faults)
    return Understood([changes[key] for key in rubric.tests if key in changes], passed_over)


def _fault(row: int, column: str, detail: str) -> CsvInvalid:
    return CsvInvalid(CsvFault(row, column, detail))


def _text(raw: bytes) -> str:
    if len(raw) > LARGEST:
        raise _fault(0, "", f"The file is larger than {LARGEST // 1024} KiB.")
    encodings = ["utf-16"] if raw.startswith((b"\xff\xfe", b"\xfe\xff")) else ["utf-8-sig", "cp1252"]
    for encoding in encodings:
        try:
            text = raw.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" in text:
            break
        return text
    raise _fault(0, "", "This is no text file. Save the spreadsheet as CSV (UTF-8) and choose that file.")


def _rows(text: str) -> list[list[str]]:
    """The rows by the delimiter that makes most of the header."""
    parsed = [_parsed(text, delimiter) for delimiter in _DELIMITERS]
    return max(parsed, key=lambda rows: max((len(_places(row)) for row in rows[:_HEADER_ROWS]), default=0))


def _parsed(text: str, delimiter: str) -> list[list[str]]:
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    except csv.Error as error:
        raise _fault(0, "", f"The file is not readable as CSV: {error}.") from error
    if len(rows) > MOST_ROWS:
        raise _fault(0, "", f"The file has more than {MOST_ROWS} rows.")
    return rows


def _places(cells: list[str]) -> dict[str, tuple[int, str]]:
    """The known columns that a row would be the header of; the first of two of the same meaning."""
    places: dict[str, tuple[int, str]] = {}
    for position, cell in enumerate(cells):
        column = _COLUMN_OF.get("#" if cell.strip() == "#" else plain(cell))
        if column is not None:
            places.setdefault(column, (position, cell.strip()))
    return places


def _columns(rows: list[list[str]]) -> _Columns:
    for index, cells in enumerate(rows[:_HEADER_ROWS]):
        places = _places(cells)
        if "level" in places and ("key" in places or "title" in places):
            return _Columns(index + 1, places)
    detail = f"No header found in the first {_HEADER_ROWS} rows: one column must be called Key or Title, and one Level."
    raise _fault(0, "", detail)


def _letter(position: int) -> str:
    """A column's name in spreadsheets: A, B, ..., Z, AA."""
    letters = ""
    while position >= 0:
        letters = chr(ord("A") + position % 26) + letters
        position = position // 26 - 1
    return letters


def _tests_by_name(rubric: Rubric) -> dict[str, str]:
    """Test keys by key and by title, the titles of other editions of the same tests included."""
    names: dict[str, str] = {}
    editions = [other for other in builtin().values() if other.tests.keys() == rubric.tests.keys()]
    for edition in [*editions, rubric]:
        names |= {plain(test.title): key for key, test in edition.tests.items()}
    return names | {plain(key): key for key in rubric.tests}


def _change(
    columns: _Columns, cells: list[str], row: int, tests: dict[str, str], rubric: Rubric
) -> AnswerChange | None:
    """What a row says; None for one without an answer."""
    given = {column: columns.cell(cells, column) for column in _HEADERS}
    says = any(given[column] for column in ("level", "not applicable", "justification", "evidence"))
    test = _test(columns, given, row, tests, rubric) if says else None
    if test is None:
        return None
    values: dict[str, Any] = {}
    faults: list[CsvFault] = []
    for column, read_cell in (
        ("level", lambda: level_of(given["level"], rubric)),
        ("not applicable", lambda: applies_not(given["not applicable"])),
        ("evidence", lambda: evidence_links(given["evidence"], MOST_LINKS)),
    ):
        try:
            values[column] = read_cell()
        except Unreadable as error:
            faults.append(CsvFault(row, columns.name(column), str(error)))
    justification = given["justification"].replace("\r\n", "\n").replace("\r", "\n")
    if len(justification) > LONGEST_JUSTIFICATION:
        detail = f"At most {LONGEST_JUSTIFICATION} characters."
        faults.append(CsvFault(row, columns.name("justification"), detail))
    if faults:
        raise CsvInvalid(*faults)
    return _answer(columns, row, test, values, justification)


def _answer(columns: _Columns, row: int, test: str, values: dict[str, Any], justification: str) -> AnswerChange:
    level = values["level"]
    not_applicable = values["not applicable"] or level == "na"
    if not_applicable and level not in ("", "na", "none"):
        raise _fault(row, columns.name("level"), "A test that does not apply claims no level.")
    if not_applicable and not justification:
        raise _fault(row, columns.name("justification"), "Say why the test does not apply.")
    return AnswerChange(
        test=test,
        level="none" if not_applicable or level == "" else level,
        justification=justification,
        evidence=values["evidence"],
        not_applicable=not_applicable,
    )


def _test(columns: _Columns, given: dict[str, str], row: int, tests: dict[str, str], rubric: Rubric) -> str | None:
    """The test that a row is about; None for a heading or a sum."""
    found = {column: tests.get(plain(given[column])) for column in ("key", "title")}
    if found["key"] and found["title"] and found["key"] != found["title"]:
        detail = f"The key says {found['key']}, the title is that of {found['title']}."
        raise _fault(row, columns.name("title"), detail)
    test = found["key"] or found["title"]
    if test is not None:
        return test
    named = next((column for column in ("title", "key") if given[column]), None)
    headings = {plain(category.title) for category in rubric.categories} | _SUMS
    if named is None or plain(given[named]) in headings:
        return None
    raise _fault(row, columns.name(named), f"{given[named][:80]!r} is no test of {rubric.title}.")
