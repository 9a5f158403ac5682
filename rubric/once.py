"""Values that were read together, told apart by being one object: what is counted of them is remembered by them.

A cache that has such a tuple in its key neither hashes nor compares what it holds, and holds true as long as that can't
change. So it takes plain values alone, which are the same ones wherever the same text was read.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Generic, TypeVar

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


class SameEach(Generic[Each]):
    """Several objects, as `Same` has one."""

    __slots__ = ("_ids", "values")

    def __init__(self, values: Sequence[Each]) -> None:
        self.values = values
        self._ids = tuple(map(id, values))

    def __hash__(self) -> int:
        return hash(self._ids)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SameEach) and other._ids == self._ids


class Same(Generic[Each]):
    """One object as the key of a cache: equal where it is that very object."""

    __slots__ = ("value",)

    def __init__(self, value: Each) -> None:
        self.value = value

    def __hash__(self) -> int:
        return id(self.value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Same) and other.value is self.value
