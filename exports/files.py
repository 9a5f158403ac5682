"""The uploaded files of an organisation, as they go into an archive: one after the other, a piece of one in memory."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

import structlog
from django.core.files.base import File
from django.core.files.storage import default_storage

from assessments.models import Attachment
from exports.table import FETCHED, Source

logger = structlog.get_logger("mlscore.exports")

FOLDER = "files"
MISSING = f"{FOLDER}/missing.txt"
"""Names the files that the storage has lost, or that were removed from a draft meanwhile."""

Packed = tuple[str, Iterator[bytes]]
"""A name in the archive, and the content in pieces."""


def uploaded_files(source: Source) -> Iterator[Packed]:
    """Every file that an answer refers to, once, as `files/SHA-256/NAME`: what the table of notes and files says of it.

    The content is read before the next one is asked for. Raises OSError when the storage is away.
    """
    missing: list[str] = []
    for path, stored in _named(source):
        try:
            content = default_storage.open(stored)
        except FileNotFoundError:
            logger.error("file not found", name=stored)
            missing.append(path)
        else:
            yield path, _pieces(content)
    if missing:
        yield MISSING, iter([f"{path}\n".encode() for path in missing])


def _named(source: Source) -> Iterator[tuple[str, str]]:
    """Each path with a name in the storage; the same file may have been uploaded twice."""
    rows = (
        Attachment.objects.visible_to(source.reader)
        .filter(upload__isnull=False)
        .order_by("upload__digest", "name", "upload_id")
        .values_list("upload__digest", "name", "upload__file")
    )
    for (digest, name), same in groupby(rows.iterator(chunk_size=FETCHED), key=lambda row: row[:2]):
        yield f"{FOLDER}/{digest}/{name}", next(same)[2]


def _pieces(content: File[bytes]) -> Iterator[bytes]:
    with content:
        yield from content.chunks()
