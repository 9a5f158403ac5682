"""The shapes of single values, and what every shape can."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Protocol

from api.instants import EXPLANATION, read_instant
from api.problems import Fault
from assessments.links import LONGEST_LINK, is_link

Schema = dict[str, Any]
WEB_ADDRESS = r"^https?://[^\s/?#]\S*$"


class Shape(Protocol):
    """One kind of value."""

    def read(self, value: Any, pointer: str, faults: list[Fault]) -> Any:
        """The value as the domain takes it; None, and at least one more fault, when it is none of this kind."""

    @property
    def schema(self) -> Schema: ...


@dataclass(frozen=True, slots=True)
class Text:
    """A string of some length in characters."""

    longest: int
    shortest: int = 0
    filled: bool = False  # something besides white space
    description: str = ""

    def read(self, value: Any, pointer: str, faults: list[Fault]) -> str | None:
        if (
            isinstance(value, str)
            and self.shortest <= len(value) <= self.longest
            and (value.strip() or not self.filled)
        ):
            return value
        faults.append(Fault(f"A string of {self.shortest} to {self.longest} characters.", pointer))
        return None

    @property
    def schema(self) -> Schema:
        schema: Schema = {"type": "string", "maxLength": self.longest}
        if self.shortest:
            schema["minLength"] = self.shortest
        if self.filled:
            schema["pattern"] = r"\S"
        return described(schema, self.description)


@dataclass(frozen=True, slots=True)
class Matching:
    """A string of a given form."""

    pattern: str
    longest: int
    detail: str

    def read(self, value: Any, pointer: str, faults: list[Fault]) -> str | None:
        if isinstance(value, str) and len(value) <= self.longest and re.fullmatch(self.pattern, value, re.ASCII):
            return value
        faults.append(Fault(self.detail, pointer))
        return None

    @property
    def schema(self) -> Schema:
        return {"type": "string", "pattern": f"^{self.pattern}$", "maxLength": self.longest, "description": self.detail}


@dataclass(frozen=True, slots=True)
class Choice:
    """One of a few strings."""

    options: Sequence[str]

    def read(self, value: Any, pointer: str, faults: list[Fault]) -> str | None:
        if isinstance(value, str) and value in self.options:
            return value
        faults.append(Fault(f"One of {', '.join(self.options)}.", pointer))
        return None

    @property
    def schema(self) -> Schema:
        return {"type": "string", "enum": list(self.options)}


@dataclass(frozen=True, slots=True)
class WebAddress:
    """An http or https address with a host."""

    def read(self, value: Any, pointer: str, faults: list[Fault]) -> str | None:
        if isinstance(value, str) and is_link(value):
            return value
        faults.append(Fault(f"An http or https address of up to {LONGEST_LINK} characters.", pointer))
        return None

    @property
    def schema(self) -> Schema:
        return {"type": "string", "pattern": WEB_ADDRESS, "maxLength": LONGEST_LINK}


@dataclass(frozen=True, slots=True)
class Instant:
    """An instant as RFC 3339 has it."""

    description: str = ""

    def read(self, value: Any, pointer: str, faults: list[Fault]) -> Any:
        try:
            if isinstance(value, str):
                return read_instant(value)
        except ValueError:
            pass
        faults.append(Fault(EXPLANATION, pointer))
        return None

    @property
    def schema(self) -> Schema:
        return described({"type": "string", "format": "date-time"}, self.description)


@dataclass(frozen=True, slots=True)
class Flag:
    """True or false."""

    def read(self, value: Any, pointer: str, faults: list[Fault]) -> bool | None:
        if isinstance(value, bool):
            return value
        faults.append(Fault("Either true or false.", pointer))
        return None

    @property
    def schema(self) -> Schema:
        return {"type": "boolean"}


@dataclass(frozen=True, slots=True)
class Integer:
    """A whole number within bounds."""

    lowest: int
    highest: int
    description: str = ""

    def read(self, value: Any, pointer: str, faults: list[Fault]) -> int | None:
        whole = int(value) if isinstance(value, float) and value.is_integer() else value
        if isinstance(whole, int) and not isinstance(whole, bool) and self.lowest <= whole <= self.highest:
            return whole
        faults.append(Fault(f"A whole number from {self.lowest} to {self.highest}.", pointer))
        return None

    @property
    def schema(self) -> Schema:
        schema = {"type": "integer", "minimum": self.lowest, "maximum": self.highest}
        return described(schema, self.description)


@dataclass(frozen=True, slots=True)
class Number:
    """A number, kept as it was sent."""

    def read(self, value: Any, pointer: str, faults: list[Fault]) -> int | float | None:
        if isinstance(value, int | float) and not isinstance(value, bool):
            return value
        faults.append(Fault("A number.", pointer))
        return None

    @property
    def schema(self) -> Schema:
        return {"type": "number"}


@dataclass(frozen=True, slots=True)
class Points:
    """A number of points: from 0, of at most six decimals, read exactly."""

    highest: int = 100
    description: str = ""

    def read(self, value: Any, pointer: str, faults: list[Fault]) -> Decimal | None:
        if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= self.highest:
            points = Decimal(repr(value))
            if points == round(points, 6):
                return points
        faults.append(Fault(f"A number from 0 to {self.highest}, of at most six decimals.", pointer))
        return None

    @property
    def schema(self) -> Schema:
        return described({"type": "number", "minimum": 0, "maximum": self.highest}, self.description)


def described(schema: Schema, description: str) -> Schema:
    return {**schema, "description": description} if description else schema
