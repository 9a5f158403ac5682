"""Pages that stay as they are but for a few texts in them, such as the instant of the reading.

What stays is made once, with a mark in the place of each such text; at each reading the texts are filled in.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime
from urllib.parse import quote_plus

from dashboards.moments import exactly

# Known to this process alone, so that nothing which anybody enters passes for a mark.
_START = f"fill-{secrets.token_hex(16)}-"
_MARKS = re.compile(_START + "([a-z0-9_]+)-")


def mark(name: str) -> str:
    """What stands for the text of this name, of a-z, 0-9 and _, in HTML, in JSON and in addresses alike."""
    return f"{_START}{name}-"


def pieces(text: str) -> Sequence[str]:
    """A text with marks in pieces: between each two stands the name of one mark."""
    return _MARKS.split(text)


def filled(parts: Sequence[str], texts: Mapping[str, str]) -> str:
    """The text whose pieces these are, with these in the place of its marks, to the letter."""
    if len(parts) == 1:
        return parts[0]
    whole = list(parts)
    whole[1::2] = [texts[name] for name in parts[1::2]]
    return "".join(whole)


def in_address(at: datetime) -> str:
    """An instant as it stands within an address, for the mark that an address was made with."""
    return quote_plus(exactly(at))
