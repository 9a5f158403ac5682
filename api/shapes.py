"""The shapes of what clients send: each reads a JSON value, naming every fault in it, and describes itself as JSON schema."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import Enum
from typing import Any, Protocol

from api.instants import EXPLANATION, read_instant
from api.problems import Fault, pointer_to
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


@dataclass(frozen=True, slots=True)
class ListOf:
    """An array whose items are all of one shape."""

    item: Shape
    most: int
    fewest: int = 0

    def read(self, value: Any, pointer: str, faults: list[Fault]) -> list[Any] | None:
        if not isinstance(value, list) or not self.fewest <= len(value) <= self.most:
            faults.append(Fault(f"An array of {self.fewest} to {self.most} items.", pointer))
            return None
        return [self.item.read(item, pointer_to(index, start=pointer), faults) for index, item in enumerate(value)]

    @property
    def schema(self) -> Schema:
        return {"type": "array", "items": self.item.schema, "minItems": self.fewest, "maxItems": self.most}


@dataclass(frozen=True, slots=True)
class MapOf:
    """An object with keys of the client's own, whose values are all of one shape."""

    value: Shape
    most: int
    longest_key: int = 200

    def read(self, value: Any, pointer: str, faults: list[Fault]) -> dict[str, Any] | None:
        if not isinstance(value, dict) or len(value) > self.most:
            faults.append(Fault(f"An object of up to {self.most} members.", pointer))
            return None
        for key in value:
            if len(key) > self.longest_key:
                detail = f"A key has at most {self.longest_key} characters."
                faults.append(Fault(detail, pointer_to(key, start=pointer)))
        return {key: self.value.read(item, pointer_to(key, start=pointer), faults) for key, item in value.items()}

    @property
    def schema(self) -> Schema:
        return {
            "type": "object",
            "additionalProperties": self.value.schema,
            "maxProperties": self.most,
            "propertyNames": {"maxLength": self.longest_key},
        }


class Null(Enum):
    """What null means in a field."""

    LEFT_OUT = "as if the field were not there"
    VALUE = "a value: there is none"
    REFUSED = "at fault"


@dataclass(frozen=True, slots=True)
class Field:
    """A named member of an object."""

    shape: Shape
    required: bool = False
    null: Null = Null.LEFT_OUT

    @property
    def schema(self) -> Schema:
        allows_null = self.null is not Null.REFUSED and not self.required
        return nullable(self.shape.schema) if allows_null else self.shape.schema


@dataclass(frozen=True, slots=True)
class Record:
    """An object with named fields and no others."""

    fields: Mapping[str, Field]
    refused: Mapping[str, str] = field(default_factory=dict)  # names that are unknown here, and what to say of them

    def read(self, value: Any, pointer: str, faults: list[Fault]) -> dict[str, Any] | None:
        """The given fields; one at fault is left out."""
        if not isinstance(value, dict):
            faults.append(Fault("An object is required.", pointer))
            return None
        faults += [
            Fault(self.refused.get(name, "Unknown field."), pointer_to(name, start=pointer))
            for name in value
            if name not in self.fields
        ]
        given: dict[str, Any] = {}
        for name, member in self.fields.items():
            self._read_field(name, member, value, pointer, faults, given)
        return given

    @staticmethod
    def _read_field(
        name: str, member: Field, value: dict[str, Any], pointer: str, faults: list[Fault], given: dict[str, Any]
    ) -> None:
        raw = value.get(name)
        if raw is None and member.required:
            faults.append(Fault("Required.", f"{pointer}/{name}"))
        elif raw is None and name in value and member.null is Null.REFUSED:
            faults.append(Fault("Must not be null.", f"{pointer}/{name}"))
        elif raw is None and name in value and member.null is Null.VALUE:
            given[name] = None
        elif raw is not None:
            known = len(faults)
            read = member.shape.read(raw, f"{pointer}/{name}", faults)
            if len(faults) == known:
                given[name] = read

    @property
    def schema(self) -> Schema:
        return {
            "type": "object",
            "properties": {name: member.schema for name, member in self.fields.items()},
            "required": [name for name, member in self.fields.items() if member.required],
            "additionalProperties": False,
        }


def nullable(schema: Schema) -> Schema:
    """The schema of what may be null besides."""
    kind = schema.get("type")
    if isinstance(kind, str) and "enum" not in schema:
        return {**schema, "type": [kind, "null"]}
    return {"anyOf": [schema, {"type": "null"}]}


def described(schema: Schema, description: str) -> Schema:
    return {**schema, "description": description} if description else schema
