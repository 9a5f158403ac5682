"""What counts as a link to evidence. Only its form is looked at; nothing is fetched."""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import urlsplit

LONGEST_LINK = 2000
_FORBIDDEN = re.compile(r"[\s\x00-\x1f\x7f]")


@lru_cache(maxsize=1024)  # a pipeline's results bear the same address over and over
def is_link(text: str) -> bool:
    """Whether a text is an http or https address with a host, of at most 2000 characters and without white space."""
    if len(text) > LONGEST_LINK or _FORBIDDEN.search(text):
        return False
    try:
        parts = urlsplit(text)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
