"""Shapes made of others: arrays, maps and objects."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from api.problems import Fault, pointer_to
from api.shapes.simple import Schema, Shape


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
