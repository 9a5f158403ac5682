"""The PDF of a document, set by typst. The document travels as JSON: nothing that a user wrote is ever read as markup."""

from __future__ import annotations

import json
from datetime import datetime
from functools import lru_cache
from pathlib import Path

import typst

from dashboards.reports.document import Document, digest_of, minute, written

TEMPLATE = Path(__file__).with_name("report.typ")


def pdf_of(document: Document, *, made_at: datetime) -> bytes:
    """The document as PDF. The same document and the same `made_at` (aware) give the same bytes.

    Letters that typst's own fonts lack are taken from the machine's, where it has them.
    """
    inputs = {"document": written(document), "frame": json.dumps(_frame(document, made_at))}
    # The template names its date itself; without a timestamp typst would read the clock.
    return bytes(typst.compile(_template(), sys_inputs=inputs, format="pdf", timestamp=0))


def _frame(document: Document, made_at: datetime) -> dict[str, str]:
    """What the pages say that is not of the document."""
    return {"made_at": minute(made_at), "digest": digest_of(document)}


@lru_cache
def _template() -> bytes:
    return TEMPLATE.read_bytes()
