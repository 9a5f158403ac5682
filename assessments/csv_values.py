"""What cells of a filled checklist say: levels in words or points, yes and no, links."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation
from fractions import Fraction

from assessments.links import is_link
from rubric.definition import Rubric
from rubric.levels import LEVELS

_LEVEL_WORDS = {
    "none": ("none", "not done", "no", "missing", "not started"),
    "manual": ("manual", "manually", "by hand", "half", "partial", "partially"),
    "automated": ("automated", "automatic", "automatically", "auto", "full", "fully automated"),
    "na": ("na", "n a", "not applicable"),
}
_LEVEL_OF = {word: level for level, words in _LEVEL_WORDS.items() for word in words}
_YES = {"yes", "y", "true", "x", "1", "na", "n a", "not applicable"}
_NO = {"", "no", "n", "false", "0"}
_WORD = re.compile(r"[^\W_]+")


class Unreadable(Exception):
    """A cell that says nothing known; the message tells what it may say."""


def plain(text: str) -> str:
    """A text by its words alone, in lower case: how names and headers are compared."""
    return " ".join(_WORD.findall(text.casefold().replace("’", "").replace("'", "")))


def level_of(cell: str, rubric: Rubric) -> str:
    """A level's key, `na`, or empty; from a word or from the points of the rubric's scale, with a point or a comma."""
    word = _LEVEL_OF.get(plain(cell))
    if word is not None:
        return word
    if not cell:
        return ""
    points = {value: level.key for level, value in rubric.scale.items()}
    try:
        level = points[Fraction(Decimal(cell.replace(",", ".").replace("½", "0.5")))]
    except (InvalidOperation, ValueError, OverflowError, KeyError):
        scale = ", ".join(f"{level} ({float(rubric.scale[LEVELS[level]]):g})" for level in LEVELS)
        raise Unreadable(f"{cell[:40]!r} is no level. It may be {scale}, or n/a.") from None
    return level


def applies_not(cell: str) -> bool:
    """Whether a cell says that the test does not apply."""
    word = plain(cell)
    if word in _YES:
        return True
    if word in _NO:
        return False
    raise Unreadable(f"{cell[:40]!r} is neither yes nor no.")


def evidence_links(cell: str, most: int) -> list[str]:
    """The links of a cell, which white space separates."""
    links = cell.split()
    wrong = next((link for link in links if not is_link(link)), None)
    if wrong is not None:
        raise Unreadable(f"{wrong[:80]!r} is no http or https address.")
    if len(links) > most:
        raise Unreadable(f"At most {most} links.")
    return links
