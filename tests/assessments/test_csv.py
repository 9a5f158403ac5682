"""Checklists as CSV: what is written is read back, old spreadsheets are understood, faults are named by cell."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assessments.csv_form import COLUMNS, guarded, unguarded, write
from assessments.csv_reading import LARGEST, CsvInvalid, read
from rubric.loader import builtin

RUBRIC = builtin()["ml-test-score-2017"]
FIRST = builtin()["ml-test-score-2016"]

text = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00\r"), max_size=60).map(str.strip)
links = st.lists(
    st.sampled_from(["https://a.example/1", "http://b.example/x?y=1;2,3", "https://c.example"]), max_size=3
)


@st.composite
def answers(draw: Any) -> dict[str, dict[str, Any]]:
    """Answers as `Answer.content` gives them."""
    chosen = draw(st.lists(st.sampled_from(sorted(RUBRIC.tests)), unique=True, min_size=1))
    made = {}
    for test in chosen:
        not_applicable = draw(st.booleans())
        level = "none" if not_applicable else draw(st.sampled_from(["none", "manual", "automated"]))
        why = draw(text.filter(bool)) if not_applicable else draw(text)
        made[test] = {
            "level": level,
            "justification": why,
            "evidence": draw(links),
            "not_applicable": not_applicable,
        }
    return made


def understood(raw: bytes | str, rubric: Any = RUBRIC) -> dict[str, Any]:
    data = raw.encode() if isinstance(raw, str) else raw
    return {change.test: change for change in read(data, rubric).changes}


@settings(deadline=None)
@given(answers())
def test_what_is_written_is_read_back(content: dict[str, dict[str, Any]]) -> None:
    written = write(RUBRIC, content)
    found = {
        test: {
            "level": change.level,
            "justification": change.justification,
            "evidence": change.evidence,
            "not_applicable": change.not_applicable,
        }
        for test, change in understood(written).items()
    }
    assert found == content


@settings(deadline=None)
@given(st.text(st.sampled_from("'’=+-@\t a"), max_size=6))
def test_guarding_is_undone_and_starts_no_formula(cell: str) -> None:
    assert unguarded(guarded(cell)) == cell
    assert guarded(cell)[:1] not in ("=", "+", "-", "@", "\t")


@pytest.mark.parametrize("start", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "＝1"])
def test_no_cell_is_a_formula(start: str) -> None:
    answer = {"level": "manual", "justification": start, "evidence": [], "not_applicable": False}
    rows = list(csv.reader(io.StringIO(write(RUBRIC, {"data-1": answer}))))
    assert rows[1][COLUMNS.index("justification")] == f"'{start}"


def test_a_blank_checklist_has_every_test_and_no_answer() -> None:
    rows = list(csv.reader(io.StringIO(write(RUBRIC, {}))))
    assert rows[0] == list(COLUMNS)
    assert [row[0] for row in rows[1:]] == list(RUBRIC.tests)
    assert all(row[4:] == ["", "", "", ""] for row in rows[1:])
    with pytest.raises(CsvInvalid) as refused:
        read(write(RUBRIC, {}).encode(), RUBRIC)
    assert "No row" in refused.value.faults[0].detail


@pytest.mark.parametrize(
    ("cell", "level"),
    [
        ("none", "none"), ("None", "none"), ("0", "none"), ("0,0", "none"), ("not done", "none"), ("", "none"),
        ("manual", "manual"), ("MANUAL ", "manual"), ("0.5", "manual"), ("0,5", "manual"), ("½", "manual"),
        ("automated", "automated"), ("Automatic", "automated"), ("1", "automated"), ("1,00", "automated"),
    ],
)  # fmt: skip
def test_levels_are_words_or_points(cell: str, level: str) -> None:
    assert understood(f'key;level;notes\ndata-1;"{cell}";x')["data-1"].level == level


def test_points_are_those_of_the_edition() -> None:
    found = understood("key;level\ndata-1;1\ndata-2;2\ndata-3;0", FIRST)
    assert [found[key].level for key in ("data-1", "data-2", "data-3")] == ["manual", "automated", "none"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_an_old_spreadsheet_is_understood(encoding: str, line_end: str, delimiter: str) -> None:
    rows = [
        ["Fraud scorer, état 2024", "", "", "", ""],
        ["", "", "", "", ""],
        ["No.", "Test", "Status", "Notes", "Links"],
        ["", "DATA", "", "", ""],
        [
            "",
            "Feature expectations are captured in a schema",
            "1",
            "schéma",
            "https://a.example/1  https://a.example/2",
        ],
        ["", "No feature’s cost is too much", "0,5", "“by hand”", ""],
        ["", "All features are beneficial", "n/a", "One feature only.", ""],
        ["", "Total", "1.5", "", ""],
    ]
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, lineterminator=line_end).writerows(rows)
    result = read(out.getvalue().encode(encoding), RUBRIC)
    assert [(change.test, change.level, change.not_applicable) for change in result.changes] == [
        ("data-1", "automated", False),
        ("data-2", "none", True),
        ("data-3", "manual", False),
    ]
    assert result.changes[0].evidence == ["https://a.example/1", "https://a.example/2"]
    assert result.changes[0].justification == "schéma"
    assert result.passed_over == [(4, "DATA"), (8, "Total")]


def test_titles_of_the_other_edition_are_known() -> None:
    title = FIRST.tests["data-1"].title
    assert title != RUBRIC.tests["data-1"].title
    assert understood(f'title,level\n"{title}",manual')["data-1"].level == "manual"


@pytest.mark.parametrize(
    ("text", "faults"),
    [
        ("key,level\ndata-1,often", [(2, "B (level)", "is no level")]),
        ("key,level\ndata-1,2", [(2, "B (level)", "is no level")]),
        ("key,level\ndata-1,nan", [(2, "B (level)", "is no level")]),
        ("key,level\ndata-1,1e999999", [(2, "B (level)", "is no level")]),
        ("Key,Score\n\ndata-9,1", [(3, "A (Key)", "is no test of")]),
        ("key,title,level\ndata-1,All features are beneficial,1", [(2, "B (title)", "The key says data-1")]),
        ("key,level\ndata-1,1\ndata-1,1", [(3, "A (key)", "a second time")]),
        ("key,level\ndata-1,n/a", [(2, "justification", "Say why")]),
        ("key,level,notes\ndata-1,n/a,", [(2, "C (notes)", "Say why")]),
        ("key,level,n/a,notes\ndata-1,1,yes,why", [(2, "B (level)", "claims no level")]),
        ("key,level,n/a\ndata-1,,maybe", [(2, "C (n/a)", "neither yes nor no")]),
        ("key,level,links\ndata-1,1,see wiki", [(2, "C (links)", "no http or https")]),
        (
            "key,level,links\ndata-1,x,ftp://a\ndata-2,y,",
            [(2, "B (level)", ""), (2, "C (links)", ""), (3, "B (level)", "")],
        ),
        ("name,grade\ndata-1,1", [(0, "", "No header")]),
        ("", [(0, "", "No header")]),
    ],
)
def test_faults_name_row_and_column(text: str, faults: list[tuple[int, str, str]]) -> None:
    with pytest.raises(CsvInvalid) as refused:
        read(text.encode(), RUBRIC)
    found = refused.value.faults
    assert [(fault.row, fault.column) for fault in found] == [(row, column) for row, column, _ in faults]
    assert all(part in fault.detail for fault, (_, _, part) in zip(found, faults, strict=True))


@pytest.mark.parametrize(
    "raw",
    [
        b"key,level\ndata-1,\x00",
        b"\x81\x8d",
        b"PK\x03\x04\x00\x00",
        b"\xff\xfe\x00",
        b"x" * (LARGEST + 1),
        b"key,level\n" + b"a,\n" * 2001,
        b'key,level\n"' + b"x" * 200_000 + b'",1',
    ],
)
def test_what_is_no_csv_is_refused_as_a_file(raw: bytes) -> None:
    with pytest.raises(CsvInvalid) as refused:
        read(raw, RUBRIC)
    assert refused.value.faults[0].row == 0


@settings(deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_are_understood_or_refused(raw: bytes) -> None:
    try:
        read(b"key,level,notes,links\ndata-1," + raw, RUBRIC)
    except CsvInvalid as refused:
        assert refused.faults
