"""Slugs that follow from names."""

from __future__ import annotations

from collections.abc import Container
from itertools import count

from django.utils.text import slugify

LENGTH = 60


def slug_for(name: str, taken: Container[str], fallback: str) -> str:
    """A slug of at most 60 characters made from `name`, or from `fallback` where nothing remains of it.

    Where it is in `taken`, the lowest number that makes it free is added.
    """
    stem = slugify(name)[:LENGTH].strip("-_") or fallback
    if stem not in taken:
        return stem
    return next(
        slug for number in count(2) if (slug := f"{stem[: LENGTH - len(str(number)) - 1]}-{number}") not in taken
    )
