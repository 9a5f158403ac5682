"""Reports of tools as checks: one module a format, each listed here under its public name.

A module has NAME, TITLE, `recognises` and `read`; one for JSON has `interpret` besides, so that a body whose format
is not known is parsed once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from evidence.formats import (
    ctrf,
    dbt,
    deepchecks,
    evidently,
    great_expectations,
    json_document,
    junit,
    soda,
    xml_document,
)
from evidence.formats.report import Report, ReportedCheck, ReportError, Status, fold

__all__ = ["AUTO", "FORMATS", "Format", "Report", "ReportError", "ReportedCheck", "Status", "fold", "read"]

AUTO = "auto"
COMPRESSED = {b"\x1f\x8b": "gzip", b"PK\x03\x04": "zip", b"BZh": "bzip2", b"\x28\xb5\x2f\xfd": "zstd"}
"""How packed files begin. Reports are not unpacked: a small body may hold gigabytes."""

Attachments = Mapping[str, bytes]


@dataclass(frozen=True, slots=True)
class Format:
    """A format under its public name. `load` turns the body into the document that the other two take."""

    name: str
    title: str
    load: Callable[[bytes], Any]
    recognises: Callable[[Any], bool]
    interpret: Callable[[Any, Attachments], Report]


def _of_json(module: Any) -> Format:
    return Format(
        module.NAME,
        module.TITLE,
        json_document.parse,
        module.recognises,
        lambda document, attachments: module.interpret(document),
    )


def _body(body: bytes) -> bytes:
    return body


_JUNIT = Format(junit.NAME, junit.TITLE, _body, junit.recognises, lambda body, attachments: junit.read(body))
_DBT = Format(
    dbt.NAME,
    dbt.TITLE,
    json_document.parse,
    dbt.recognises,
    lambda document, attachments: dbt.interpret(document, attachments.get(dbt.MANIFEST)),
)
_OF_JSON = (_DBT, *map(_of_json, (great_expectations, evidently, deepchecks, soda, ctrf)))

FORMATS: dict[str, Format] = {format_.name: format_ for format_ in (_JUNIT, *_OF_JSON)}


def read(format_name: str, body: bytes, attachments: Attachments | None = None) -> Report:
    """The checks in a tool's report, unfolded (see `fold`).

    `format_name` is one of FORMATS or `auto`. `attachments` are the files sent beside the report, by their names; dbt's
    manifest.json is the one that is read. Raises ReportError when the body is not what its format says, or, with
    `auto`, is of no known format, and KeyError for a format that is none.
    """
    beside = attachments or {}
    _refuse_compressed(body)
    if format_name != AUTO:
        chosen = FORMATS[format_name]
        return chosen.interpret(chosen.load(body), beside)
    if xml_document.looks_like_xml(body):
        return _read_unknown_xml(body, beside)
    document = json_document.parse(body)
    for format_ in _OF_JSON:
        if format_.recognises(document):
            return format_.interpret(document, beside)
    raise ReportError(f"The format is not recognised. Known are: {', '.join(FORMATS)}.")


def _refuse_compressed(body: bytes) -> None:
    for beginning, packer in COMPRESSED.items():
        if body.startswith(beginning):
            raise ReportError(f"The body is compressed ({packer}); send the report as its tool wrote it.")


def _read_unknown_xml(body: bytes, attachments: Attachments) -> Report:
    """JUnit is the only XML format: its reader says best what is wrong with other or broken XML."""
    return _JUNIT.interpret(body, attachments)
