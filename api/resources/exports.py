"""Exports: what there is to take along, and in which form."""

from __future__ import annotations

from typing import Any

from accounts.models import Scope
from api.resources.components import INSTANT, TEXT, array, record
from api.shapes import Schema
from exports.table import Table

SHOWN: Schema = record(
    {
        "name": TEXT,
        "title": TEXT,
        "holds": TEXT,
        "columns": array(TEXT),
        "scopes": array({"type": "string", "enum": [Scope.READ.value, Scope.ORGANISATION_WRITE.value]}),
    },
    "A table that can be exported; `scopes` are those that it takes, all of them.",
)
DOCUMENT: Schema = record(
    {"organisation": TEXT, "table": TEXT, "at": INSTANT, "rows": array({"type": "object"})},
    "A whole table as of an instant; each row has the table's columns, null for what was left out.",
)


def scopes_of(table: Table | None) -> list[Scope]:
    """The scopes that a table takes; None stands for all tables together."""
    restricted = table is None or table.restricted
    return [Scope.READ, Scope.ORGANISATION_WRITE] if restricted else [Scope.READ]


def show_table(table: Table) -> dict[str, Any]:
    """One table."""
    return {
        "name": table.name,
        "title": table.title,
        "holds": table.holds,
        "columns": list(table.columns),
        "scopes": [scope.value for scope in scopes_of(table)],
    }
