"""Handing an export out: noted in the activity log, then streamed while it is read."""

from __future__ import annotations

from collections.abc import Generator
from datetime import datetime

from django.http import StreamingHttpResponse

from accounts import activity
from accounts.actors import Actor
from exports.files import uploaded_files
from exports.slots import Streamed
from exports.table import Reader, Source
from exports.tables import EVERYTHING, TABLES
from exports.writing import Form, archive, one_file


def hand_out(*, actor: Actor, reader: Reader, name: str, form: Form, at: datetime) -> StreamingHttpResponse:
    """The table of this name, or EVERYTHING as a ZIP archive, of the reader's organisation as of `at` (aware), to save.

    The database is read while the response is iterated, in the thread that does so. What fails meanwhile breaks the
    connection off, so that nobody takes a part for the whole. Raises KeyError for an unknown name, and TooManyExports.
    """
    source = Source(reader, at)
    if name == EVERYTHING:
        ending, content_type = "zip", "application/zip"
        pieces: Generator[bytes] = archive(TABLES.values(), form, source, uploaded_files(source))
    else:
        ending, content_type = form.ending, form.content_type
        pieces = one_file(TABLES[name], form, source)
    streamed = Streamed(pieces, actor.organisation.pk)
    _note(actor, name, form, at)
    response = StreamingHttpResponse(streamed, content_type=content_type)
    saved_as = f"{actor.organisation.slug}-{name}-{at:%Y-%m-%d}.{ending}"
    response["Content-Disposition"] = f'attachment; filename="{saved_as}"'
    response["Cache-Control"] = "no-store"
    if ending == "zip":
        response["Content-Encoding"] = "identity"  # compressed already: the middleware that compresses passes over it
    return response


def _note(actor: Actor, name: str, form: Form, at: datetime) -> None:
    title = "everything" if name == EVERYTHING else TABLES[name].title.lower()
    activity.record(
        actor=actor,
        at=at,
        action="export.made",
        summary=f"Exported {title} as {form.ending.upper()}",
        details={"table": name, "format": form.ending},
    )
