"""Imports: what the address says of a report, which file is which, and what the answer tells."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, cast

from accounts.models import Token
from api.documents import Parameter, flag, instant
from api.files import SentFile
from api.problems import Fault, at_fault
from api.queries import Query
from api.resources.components import TEXT, array, record
from api.resources.results import OUTCOME, show_outcome
from api.shapes import Schema, WebAddress
from assessments.instants import within_reason
from assessments.links import LONGEST_LINK, is_link
from assessments.models import System
from evidence.formats import AUTO, FORMATS
from evidence.formats.dbt import MANIFEST
from evidence.importing import Imported, RunOfReport
from evidence.posting import PROVENANCE

LARGEST_IMPORT = 10 * 1024 * 1024
LONGEST_RUN_ID = LONGEST_PROVENANCE = 200
MANIFEST_PARTS = ("manifest", MANIFEST)
FORMAT_NAMES = (AUTO, *FORMATS)


def _text(name: str, description: str, longest: int, shortest: int = 0) -> Parameter:
    schema: Schema = {"type": "string", "maxLength": longest}
    return Parameter(name, description, {**schema, "minLength": shortest} if shortest else schema)


PARAMETERS = (
    Parameter("format", "What wrote the report. Default: auto.", {"type": "string", "enum": list(FORMAT_NAMES)}),
    _text("system", "A slug; may be left out with a token bound to one system.", 60, 1),
    _text("run_id", "Required: the pipeline's own id for this run.", LONGEST_RUN_ID, 1),
    instant("observed_at", "When the checks ran. Default: what the report says, else the time of receipt."),
    instant(
        "sent_at",
        "When a client first tried to send this, where it could not: counts in the place of the time of receipt.",
    ),
    *(_text(name, "Provenance of every result.", LONGEST_PROVENANCE) for name in PROVENANCE),
    Parameter("url", "Where to read more of the run: the address of every result.", WebAddress().schema),
    flag("dry_run", "Check everything, store nothing."),
)
_FILE: Schema = {"type": "string", "format": "binary"}
BODIES: dict[str, Schema] = {
    "application/octet-stream": _FILE,
    "application/xml": _FILE,
    "application/json": {"description": "The report."},
    "multipart/form-data": {
        "type": "object",
        "properties": {"report": _FILE, "manifest": {**_FILE, "description": "dbt's manifest.json."}},
        "required": ["report"],
    },
}
SHOWN: Schema = record(
    {
        **OUTCOME["properties"],
        "unmapped": {**array(TEXT), "description": "The full names of the checks that no rule maps."},
        "warnings": array(TEXT),
    },
    "What an import did.",
)


class ImportRequest:
    """The query of an import. Raises Problem (400) that names every parameter at fault."""

    def __init__(self, query: Query, token: Token, received_at: datetime) -> None:
        query.only(*(parameter.name for parameter in PARAMETERS))
        self.format = query.choice("format", FORMAT_NAMES) or AUTO
        self.dry_run = query.flag("dry_run")
        system = _system(query, token)
        run_id = query.limited("run_id", LONGEST_RUN_ID, 1)
        if run_id is None and not query.faulty("run_id"):
            query.refuse("run_id", "Required: the pipeline's own id for this run.")
        observed_at = query.instant("observed_at")
        if observed_at is not None and not within_reason(observed_at, received_at):
            query.refuse("observed_at", "At most 5 minutes in the future, and not before the year 2000.")
        sent_at = query.instant("sent_at")
        if sent_at is not None and not within_reason(min(sent_at, received_at), received_at):
            query.refuse("sent_at", "Not before the year 2000.")
        provenance = {name: query.limited(name, LONGEST_PROVENANCE) or "" for name in PROVENANCE}
        url = query.text("url") or ""
        if url and not is_link(url):
            query.refuse("url", f"An http or https address of up to {LONGEST_LINK} characters.")
        query.check()
        self.system = cast(System, system)
        self.run = RunOfReport(cast(str, run_id), observed_at, sent_at, url, provenance)


def _system(query: Query, token: Token) -> System | None:
    """The system named, else the one that the token is bound to; None where that is at fault."""
    slug = query.text("system")
    if query.faulty("system"):
        return None
    if slug is None and token.system is None:
        query.refuse("system", "Required, as this token is not bound to one system.")
        return None
    if slug is None or (token.system is not None and slug == token.system.slug):
        system = token.system
    else:
        system = System.objects.visible_to(token).filter(slug=slug).first()
    if system is None:
        query.refuse("system", f"There is no system {slug!r} here.")
    else:
        system.organisation = token.organisation
    return system


def report_and_attachments(files: Sequence[SentFile]) -> tuple[bytes, dict[str, bytes]]:
    """The report among the files of a request, and what lies beside it. Raises Problem (400)."""
    beside = [file for file in files if file.part in MANIFEST_PARTS or file.name == MANIFEST]
    reports = [file for file in files if file not in beside]
    if len(reports) != 1 or len(beside) > 1:
        detail = f"A multipart body holds one report, and beside it at most one {MANIFEST}."
        raise at_fault([Fault(detail, "")])
    return reports[0].content, {MANIFEST: beside[0].content} if beside else {}


def show_import(imported: Imported, at: datetime) -> dict[str, Any]:
    """The answer to an import received at `at`."""
    return {
        **show_outcome(imported.outcome, at),
        "unmapped": imported.unmapped,
        "warnings": imported.warnings,
    }
