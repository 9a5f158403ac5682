"""A rubric as a CSV checklist, blank or filled. `csv_reading` reads one back."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping
from typing import Any

from rubric.definition import Rubric

COLUMNS = ("key", "category", "title", "asks", "level", "not applicable", "justification", "evidence")
# A spreadsheet takes a cell that begins so for a formula; the full-width signs are taken for the plain ones by some.
_FORMULA = re.compile("['’]*[=+\\-@\t\r\n＝＋－＠]")


def write(rubric: Rubric, answers: Mapping[str, Mapping[str, Any]]) -> str:
    """The checklist with the answers that there are, `{test key: Answer.content()}`; CSV with CRLF line ends."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for category in rubric.categories:
        for test in category.tests:
            cells = [test.key, category.title, test.title, test.asks, *_answer_cells(answers.get(test.key))]
            writer.writerow([guarded(cell) for cell in cells])
    return out.getvalue()


def _answer_cells(answer: Mapping[str, Any] | None) -> list[str]:
    if answer is None:
        return ["", "", "", ""]
    not_applicable = "yes" if answer["not_applicable"] else ""
    level = "" if answer["not_applicable"] else answer["level"]
    return [level, not_applicable, answer["justification"], "\n".join(answer["evidence"])]


def guarded(cell: str) -> str:
    """The cell with an apostrophe before what a spreadsheet would run as a formula."""
    return f"'{cell}" if _FORMULA.match(cell) else cell


def unguarded(cell: str) -> str:
    """The cell without the apostrophe that `guarded` puts there."""
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell[1:]) else cell
