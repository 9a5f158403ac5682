"""Everything that an organisation owns, table by table."""

from __future__ import annotations

from exports.claims import ASSESSMENTS, BESIDES, EVENTS, SYSTEMS
from exports.evidence_of import MAPPING, REPORTED, SCORES
from exports.people import ACTIVITY, ORGANISATION, PEOPLE, SET_UP
from exports.table import Table

TABLES: dict[str, Table] = {
    table.name: table
    for table in (
        ORGANISATION,
        *PEOPLE,
        SYSTEMS,
        SCORES,
        *ASSESSMENTS,
        *BESIDES,
        EVENTS,
        *REPORTED,
        MAPPING,
        *SET_UP,
        ACTIVITY,
    )
}

EVERYTHING = "everything"
"""The name of the export of all tables in one archive."""
