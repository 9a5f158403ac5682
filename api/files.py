"""Files in a request: a body that is one, or several in multipart/form-data."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.files.uploadhandler import FileUploadHandler
from django.http import HttpRequest
from django.http.multipartparser import MultiPartParser, MultiPartParserError

from api import parsing
from api.problems import malformed

MULTIPART = "multipart/form-data"


@dataclass(frozen=True, slots=True)
class SentFile:
    """One file: the name of its part, its own name ('' where it has none), and what is in it."""

    part: str
    name: str
    content: bytes


def read_files(request: HttpRequest, largest: int) -> list[SentFile]:
    """The files that the body holds, in their order: of a body that is not multipart, itself.

    Raises Problem: 413 when the body is larger than `largest` bytes, 400 when it is not the multipart it says.
    """
    body = parsing.read_body(request, largest)
    if request.content_type != MULTIPART:
        return [SentFile("", "", body)]
    meta = {**request.META, "CONTENT_LENGTH": str(len(body))}
    try:
        _, files = MultiPartParser(meta, io.BytesIO(body), [_InMemory()], "utf-8").parse()
    except (MultiPartParserError, TooManyFilesSent, TooManyFieldsSent, RequestDataTooBig) as error:
        raise malformed("The body is not whole, valid multipart/form-data.") from error
    return [SentFile(part, file.name or "", file.read()) for part, sent in files.lists() for file in sent]


class _InMemory(FileUploadHandler):
    """Keeps files in memory: the whole body is there already, and is limited."""

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        self.parts: list[bytes] = []

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        self.parts.append(raw_data)

    def file_complete(self, file_size: int) -> SimpleUploadedFile:
        return SimpleUploadedFile(self.file_name or "", b"".join(self.parts))
