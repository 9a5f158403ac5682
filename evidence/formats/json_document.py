"""Reads the JSON of reports, which is looser than the standard's: NaN and Infinity are there, and hostile bodies too."""

from __future__ import annotations

import json
import math
from typing import Any

from evidence.formats.report import ReportError

# Far above any real report of 10 MiB, far below what would fill the memory with empty objects.
MAX_CONTAINERS = 500_000
_LONGEST_INTEGER = 400


def parse(body: bytes) -> Any:
    """The document in a body of UTF-8, UTF-16 or UTF-32, NaN and infinities as floats.

    A document that is itself JSON in a string, as `json.dump(result.to_json(), file)` leaves it, is read as what it holds.
    Raises ReportError when it is empty, cut off, not JSON, nested or filled beyond reason, or where an object names a member
    twice: which of two statuses counts must not depend on the reader.
    """
    document = _parsed(body)
    if isinstance(document, str) and document.lstrip()[:1] in ("{", "["):
        return _parsed(document.encode("utf-8", "replace"))
    return document


def _parsed(body: bytes) -> Any:
    if not body.strip():
        raise ReportError("The body is empty.")
    if body.count(b"{") + body.count(b"[") > MAX_CONTAINERS:
        raise ReportError(f"The JSON holds more than {MAX_CONTAINERS} objects and arrays.")
    try:
        return json.loads(body.decode(_encoding(body)), parse_int=_integer, object_pairs_hook=_members)
    except UnicodeDecodeError as error:
        raise ReportError(f"The body is not text in {error.encoding}: {error.reason} at byte {error.start}.") from error
    except json.JSONDecodeError as error:
        raise ReportError(f"This is not whole, valid JSON: {error.msg} in line {error.lineno}.") from error
    except RecursionError as error:
        raise ReportError("The JSON is nested beyond reason.") from error


def _encoding(body: bytes) -> str:
    return json.detect_encoding(body)


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ReportError("An object of the JSON names one of its members twice.")
    return members


def _integer(digits: str) -> int | float:
    """Integers beyond any double are infinite, as 1e999 is: Python would refuse or labour over their digits."""
    if len(digits) <= _LONGEST_INTEGER:
        return int(digits)
    return -math.inf if digits.startswith("-") else math.inf


def mapping(value: object) -> dict[str, Any]:
    """The value if it is an object, else an empty one: a missing part of a report reads as one that says nothing."""
    return value if isinstance(value, dict) else {}


def items(value: object) -> list[Any]:
    """The value if it is an array, else an empty one."""
    return value if isinstance(value, list) else []


def objects(value: object) -> list[dict[str, Any]]:
    """The objects in a value that should be an array of them."""
    return [item for item in items(value) if isinstance(item, dict)]


def text(value: object) -> str:
    """The value if it is text, else ''."""
    return value if isinstance(value, str) else ""


def scalar(value: object) -> str:
    """A value of a check's settings as it stands in the check's name; 30 and 30.0 read the same."""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, sort_keys=True)
