"""Pages of lists, as addresses name them."""

from __future__ import annotations

import re


def page_number(text: str, last: int) -> int:
    """The page that an address asks for, from 1 to `last`; the first where it asks for none."""
    return min(max(int(text), 1), last) if re.fullmatch("[0-9]{1,8}", text) else 1
