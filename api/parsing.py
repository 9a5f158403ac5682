"""Request bodies: read whole or drained, and parsed as JSON so strictly that nothing ambiguous gets in."""

from __future__ import annotations

import json
import re
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from django.http import HttpRequest

from api.problems import Fault, Problem, at_fault, malformed, pointer_to

LARGEST_BODY = 1024 * 1024
DEEPEST = 32
LARGEST_INTEGER = int(sys.float_info.max)
LONGEST_INTEGER = 400

CHUNK = 64 * 1024
MOST_DRAINED = 64 * 1024 * 1024
LONGEST_DRAIN = 10.0

UNFIT = re.compile("[\x00\ud800-\udfff]")
CHARSETS = ("utf-8", "utf8")


@dataclass(frozen=True, slots=True)
class Refused:
    """Stands in a parsed document for a value that must not be there, until its place is known."""

    detail: str


@dataclass(slots=True)
class Repeating:
    """An object with duplicate keys, and which they are."""

    members: dict[str, Any]
    duplicates: list[str] = field(default_factory=list)


def read_json(request: HttpRequest, *, optional: bool = False) -> dict[str, Any]:
    """The object that the request's body holds; with `optional`, an empty body is an empty object.

    Raises Problem as `read_text` and `parse` do.
    """
    body = read_text(request, optional=optional)
    return parse(body) if body else {}


def read_text(request: HttpRequest, *, optional: bool = False) -> bytes:
    """The request's body, said to be JSON but not parsed; empty only where that is `optional`.

    Raises Problem: 413 for a body that is too large, 400 for an empty one, 415 for one that is not said to be JSON.
    """
    body = read_body(request, LARGEST_BODY)
    if not body and optional:
        return body
    if not body:
        raise malformed("The body is empty; it must be a JSON object.", Fault("An object is required.", ""))
    refuse_other_types(request)
    return body


def read_body(request: HttpRequest, largest: int) -> bytes:
    """The whole body. Raises Problem (413) when it is larger than `largest` bytes, drained so that the client can read on."""
    if _announced(request) > largest:
        drain(request)
        raise _too_large(largest)
    parts: list[bytes] = []
    size = 0
    for part in _parts(request):
        parts.append(part)
        size += len(part)
        if size > largest:
            drain(request)
            raise _too_large(largest)
    return b"".join(parts)


def drain(request: HttpRequest) -> None:
    """Read what is left of the body, within reason: a client that still sends cannot read the answer."""
    deadline = time.monotonic() + LONGEST_DRAIN
    drained = 0
    try:
        for part in _parts(request):
            drained += len(part)
            if drained > MOST_DRAINED or time.monotonic() > deadline:
                return
    except Problem:
        return


def refuse_other_types(request: HttpRequest) -> None:
    """Raises Problem (415) unless the body is said to be JSON in UTF-8."""
    charset = request.content_params.get("charset", "utf-8").lower() if request.content_params else "utf-8"
    if request.content_type != "application/json" or charset not in CHARSETS:
        raise Problem(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "The body must be application/json, in UTF-8.")


def parse(body: bytes) -> dict[str, Any]:
    """The object that a JSON text holds. Raises Problem (400), with a pointer to each fault that has a place."""
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise malformed(f"The body is not UTF-8 (at byte {error.start}).") from error
    try:
        document = json.loads(
            text, parse_float=_float, parse_int=_integer, parse_constant=_constant, object_pairs_hook=_object
        )
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise malformed(f"The body is not JSON: {error.msg} ({where}).") from error
    except RecursionError as error:
        raise _too_deep("") from error
    faults = list(_faults(document, "", 1))
    if faults:
        raise at_fault(faults)
    if not isinstance(document, dict):
        raise at_fault([Fault("The body must be a JSON object.", "")])
    return document


def _faults(value: Any, pointer: str, depth: int) -> Iterator[Fault]:
    """What must not be in a document, in the order of the document."""
    if isinstance(value, Refused):
        yield Fault(value.detail, pointer)
    elif isinstance(value, str):
        yield from _faults_of_text(value, pointer)
    elif isinstance(value, dict | list | Repeating) and depth > DEEPEST:
        raise _too_deep(pointer)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            if item.__class__ is not int:
                yield from _faults(item, f"{pointer}/{index}", depth + 1)
    elif isinstance(value, dict | Repeating):
        members = value if isinstance(value, dict) else value.members
        if isinstance(value, Repeating):
            yield from (Fault("The key is there twice.", pointer_to(key, start=pointer)) for key in value.duplicates)
        for key, item in members.items():
            here = pointer_to(key, start=pointer)
            yield from _faults_of_text(key, here)
            yield from _faults(item, here, depth + 1)


def _faults_of_text(text: str, pointer: str) -> Iterator[Fault]:
    if UNFIT.search(text):
        yield Fault("NUL characters and unpaired surrogates are not allowed.", pointer)


def _too_deep(pointer: str) -> Problem:
    return at_fault([Fault(f"Nested deeper than {DEEPEST} levels.", pointer)])


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any] | Repeating:
    members = dict(pairs)
    if len(members) == len(pairs):
        return members
    seen: set[str] = set()
    duplicates = [key for key, _ in pairs if key in seen or seen.add(key)]  # type: ignore[func-returns-value]
    return Repeating(members, list(dict.fromkeys(duplicates)))


def _integer(digits: str) -> int | Refused:
    if len(digits) > LONGEST_INTEGER:
        return Refused("The number is beyond an IEEE double.")
    value = int(digits)
    return value if abs(value) <= LARGEST_INTEGER else Refused("The number is beyond an IEEE double.")


def _float(digits: str) -> float | Refused:
    value = float(digits)
    return value if abs(value) <= sys.float_info.max else Refused("The number is beyond an IEEE double.")


def _constant(name: str) -> Refused:
    return Refused(f"{name} is no JSON number.")


def _announced(request: HttpRequest) -> int:
    try:
        return int(request.META.get("CONTENT_LENGTH") or 0)
    except ValueError:
        return 0


def _too_large(largest: int) -> Problem:
    return Problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"The body is larger than {largest // (1024 * 1024)} MiB.")


def _parts(request: HttpRequest) -> Iterator[bytes]:
    """The rest of the body, in chunks. Django takes a body without a length for none; the server knows its end."""
    chunked = "chunked" in request.META.get("HTTP_TRANSFER_ENCODING", "").lower()
    source: Any = request.META["wsgi.input"] if chunked else request
    try:
        while part := source.read(CHUNK):
            yield part
    except OSError as error:
        raise malformed("The body broke off.") from error
