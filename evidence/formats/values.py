"""Reading the loose values of reports: text that can be stored, instants, numbers and the keys that entries carry."""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

NAME_LENGTH = 300
MESSAGE_LENGTH = 500
KEY_LENGTH = 50

_EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_CONTROL = re.compile("[\x01-\x08\x0b-\x1f\x7f]")
# Terminal colours, as they are or as pytest spells the escape character in XML.
_COLOUR = re.compile(r"(?:\x1b|#x1B)\[[0-9;]*[A-Za-z]")
# pytest's explanation of an assertion, which prints the values compared: arrays and rows.
_EXPLANATION = re.compile(r"^\s*\+\s+(?:where|and)\b.*\n?", re.MULTILINE)
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")
_NO_NUMBER = re.compile(r"[+-]?(?:nan|inf|infinity)", re.IGNORECASE)
# `mlscore:data-1`, also as pytest's CTRF writes a marker's arguments (`mlscore::data-1::...`).
_KEY_TAG = re.compile(r"mlscore\s*(?:::?|=|/)\s*(?P<key>[^\s:=/]+)")
# dbt and others allow words and underscores only; a test's key has hyphens only.
_KEY_WORD = re.compile(r"mlscore[-_](?P<key>[a-z0-9]+(?:[-_][a-z0-9]+)*)")


def storable(text: str) -> str:
    """The text with NUL and unpaired surrogates, which no database keeps, replaced by U+FFFD."""
    if text.isascii() and "\x00" not in text:
        return text
    return _UNSTORABLE.sub("\ufffd", text)


def one_line(text: str) -> str:
    """Storable text without colours, control characters or line breaks."""
    if text.isprintable() and "  " not in text and "#x1B" not in text:
        return text.strip()
    return " ".join(_CONTROL.sub("", _COLOUR.sub("", storable(text))).split())


def shortened_name(name: str) -> str:
    """A check's name in at most 300 characters: a longer one is cut and ends in a digest of the whole."""
    if len(name) <= NAME_LENGTH:
        return name
    return f"{name[: NAME_LENGTH - 9]}~{digest(name)}"


def digest(text: str) -> str:
    """Eight characters that stand for a text too long for a name, the same on every import."""
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:8]


def short_message(text: str) -> str:
    """The text as a message: storable, without colours, at most 500 characters; reports embed whole data frames."""
    if not text:
        return ""
    plain = _CONTROL.sub("", _COLOUR.sub("", storable(text.replace("\r\n", "\n"))))
    message = _EXPLANATION.sub("", plain).strip()
    return message if len(message) <= MESSAGE_LENGTH else message[: MESSAGE_LENGTH - 1].rstrip() + "…"


def instant(value: object) -> datetime | None:
    """An ISO 8601 text, or Mocha's RFC 1123 one, as an instant in UTC.

    None where it bears no offset, lies before 2000 or is no instant.
    """
    if not isinstance(value, str) or len(value) > 64:
        return None
    try:
        parsed = parsedate_to_datetime(value) if value.strip()[3:4] == "," else datetime.fromisoformat(value.strip())
        return _sane(parsed.astimezone(UTC)) if parsed.tzinfo else None
    except (ValueError, OverflowError):
        return None


def instant_of_milliseconds(value: object) -> datetime | None:
    """Milliseconds since 1970 as an instant in UTC; None where it is no number or lies before 2000."""
    milliseconds = finite(value)
    if milliseconds is None:
        return None
    try:
        return _sane(_EPOCH + timedelta(milliseconds=milliseconds))
    except OverflowError:
        return None


def _sane(at: datetime) -> datetime | None:
    return at if at >= _EARLIEST else None


def is_number(value: object) -> bool:
    """Whether a JSON value is a number at all, NaN and infinities included, booleans not."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def finite(value: object) -> float | None:
    """A JSON number as a finite float, None for anything else."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def number_in(text: str) -> float | None:
    """A text that is a number as a float, which may be NaN or infinite; None for other text."""
    text = text.strip()
    if len(text) <= 400 and (_NUMBER.fullmatch(text) or _NO_NUMBER.fullmatch(text)):
        return float(text)
    return None


def key_in(value: object) -> str | None:
    """The test's key in the value of an entry named `mlscore`, None when it holds none."""
    if not isinstance(value, str):
        return None
    key = one_line(value)
    return key if 0 < len(key) <= KEY_LENGTH else None


def key_in_tags(tags: object) -> str | None:
    """The test's key in a list of tags (`mlscore:data-1`, `mlscore::data-1`, `mlscore=data-1`, `mlscore_data_1`)."""
    if not isinstance(tags, Iterable):
        return None
    for tag in [tags] if isinstance(tags, str) else tags:
        if not isinstance(tag, str):
            continue
        if match := _KEY_TAG.match(tag):
            return key_in(match["key"])
        if match := _KEY_WORD.fullmatch(tag):
            return key_in(match["key"].replace("_", "-"))
    return None
