"""Lists and objects as the text of one CSV cell, never longer than what readers of CSV take."""

from __future__ import annotations

from typing import Any

import msgspec

LONGEST = 131_072
"""Characters: where Python's csv, and what reads as it does, gives up."""
CUT_LISTS = (100, 10, 1)

_json = msgspec.json.Encoder(decimal_format="number")


def document(value: Any) -> str:
    """The value as JSON of at most LONGEST characters.

    A longer one is cut, and says so: its lists are, to as many elements as fit, then how many more there were; and what is
    too long even so becomes `{"cut": the beginning of its JSON}`. Either way the cell remains JSON.
    """
    whole = _written(value)
    if len(whole) <= LONGEST:
        return whole
    shorter = (_written(_cut(value, kept)) for kept in CUT_LISTS)
    return next((text for text in shorter if len(text) <= LONGEST), "") or _beginning(whole)


def _written(value: Any) -> str:
    return _json.encode(value).decode()


def _cut(value: Any, kept: int) -> Any:
    """The value with lists of at most `kept` elements, and a note after those that were longer."""
    if isinstance(value, dict):
        return {name: _cut(item, kept) for name, item in value.items()}
    if not isinstance(value, list):
        return value
    rest = len(value) - kept
    note = [f"… and {rest} more, which the export as JSON holds"] if rest > 0 else []
    return [*(_cut(item, kept) for item in value[:kept]), *note]


def _beginning(whole: str) -> str:
    # A character can need six of them in a JSON text.
    return _written({"cut": whole[: LONGEST // 6 - 10]})
