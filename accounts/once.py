"""Values that were read together, told apart by being one object: what is counted of them is remembered by them.

A cache that has such a tuple in its key neither hashes nor compares what it holds, and holds true as long as that can't
change. So it takes plain values alone, which are the same ones wherever the same text was read.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

Value = TypeVar("Value", covariant=True)
Each = TypeVar("Each")


class Once(tuple[Value, ...]):
    """A tuple that equals itself alone."""

    __slots__ = ()
    __hash__ = object.__hash__

    def __eq__(self, other: object) -> bool:
        return self is other

    def __ne__(self, other: object) -> bool:
        return self is not other


def once(values: Iterable[Each]) -> Once[Each]:
    """These values as they were read, or as one more tuple, of which nothing is remembered."""
    return values if isinstance(values, Once) else Once(values)
