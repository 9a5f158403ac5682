"""Many rows as one text: an array of JSON each. Where a text is the same as before, so is all that it was made into.

A reader that remembers what it made of a text needs no other word of whether anything changed. It costs a thousandth of
making values of a thousand rows again.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from accounts.statements import fetch


def array(vendor: str, *values: str) -> str:
    """SQL for an array of these expressions, arrays among them."""
    return f"{'json_build_array' if vendor == 'postgresql' else 'json_array'}({', '.join(values)})"


def instant(vendor: str, value: str) -> str:
    """SQL for an instant within an array, with its offset, or for null."""
    return value if vendor == "postgresql" else f"replace({value}, ' ', 'T') || '+00:00'"


def joined(vendor: str, rows: str) -> str:
    """The statement that answers what `read` joins; `rows` is one that answers an array a row, as `row`, in order."""
    return f"SELECT string_agg(row::text, ',') FROM ({rows}) AS rows" if vendor == "postgresql" else rows


def gathered(vendor: str, rows: str) -> str:
    """The same as one value of another statement, without the outer brackets; null where there is no row."""
    gather = "string_agg(row::text, ',')" if vendor == "postgresql" else "group_concat(row, ',')"
    return f"SELECT {gather} FROM ({rows}) AS rows"


def read(sql: str, parameters: Sequence[Any] = ()) -> str:
    """All rows that a statement of `joined` answers, as one array of arrays."""
    return f"[{','.join([row for (row,) in fetch(sql, parameters) if row is not None])}]"
