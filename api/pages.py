"""The OpenAPI document, laid out for the page that people read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.utils.text import slugify

Node = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Row:
    """A field of a body, a parameter or an answer: a name, what it may be, and what it means."""

    name: str
    kind: str
    meaning: str
    required: bool = False


@dataclass(frozen=True, slots=True)
class Operation:
    """One method at one address."""

    anchor: str
    method: str
    path: str
    summary: str
    description: str
    parameters: list[Row]
    bodies: list[list[Row]]
    answers: list[Row]


@dataclass(frozen=True, slots=True)
class Group:
    """Operations that belong together."""

    title: str
    operations: list[Operation]


@dataclass(frozen=True, slots=True)
class Component:
    """An object that answers hold."""

    name: str
    description: str
    fields: list[Row]


@dataclass(frozen=True, slots=True)
class Described:
    """The whole page."""

    description: str
    groups: list[Group]
    components: list[Component]


def described(document: Node) -> Described:
    """The page's content from an OpenAPI document."""
    groups: dict[str, list[Operation]] = {}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            groups.setdefault(operation["tags"][0], []).append(_operation(method, path, operation))
    return Described(
        description=document["info"]["description"],
        groups=[Group(title.capitalize(), operations) for title, operations in groups.items()],
        components=[
            Component(name, schema.get("description", ""), _fields(schema))
            for name, schema in sorted(document["components"]["schemas"].items())
        ],
    )


def _operation(method: str, path: str, operation: Node) -> Operation:
    return Operation(
        anchor=slugify(operation["operationId"]),
        method=method.upper(),
        path=path,
        summary=operation["summary"],
        description=operation.get("description", ""),
        parameters=[
            Row(each["name"], _kind(each["schema"]), each.get("description", ""), each.get("required", False))
            for each in operation.get("parameters", [])
            if each["in"] != "header"
        ],
        bodies=[form for schema in _contents(operation.get("requestBody", {})) for form in _forms(schema)],
        answers=[
            Row(code, ", ".join(map(_kind, _contents(answer))), answer["description"])
            for code, answer in sorted(operation["responses"].items())
        ],
    )


def _contents(node: Node) -> Iterator[Node]:
    for content in node.get("content", {}).values():
        yield content.get("schema", {})


def _forms(schema: Node) -> list[list[Row]]:
    """The fields of each form that a body may have; a form without fields is left out."""
    forms = (_fields(form) for form in schema.get("oneOf", [schema]))
    return [fields for fields in forms if fields]


def _fields(schema: Node) -> list[Row]:
    required = schema.get("required", [])
    return [
        Row(name, _kind(each), each.get("description", ""), name in required)
        for name, each in schema.get("properties", {}).items()
    ]


def _kind(schema: Node) -> str:
    """A schema in a few words."""
    if "$ref" in schema:
        return str(schema["$ref"]).rsplit("/", 1)[-1]
    if "anyOf" in schema:
        return " or ".join(map(_kind, schema["anyOf"]))
    if "enum" in schema:
        return ", ".join(map(str, schema["enum"]))
    kinds = schema.get("type", "object")
    words = [kinds] if isinstance(kinds, str) else list(kinds)
    return f"{' or '.join(words)}{_of(schema)}{_bounds(schema)}"


def _of(schema: Node) -> str:
    if "items" in schema:
        return f" of {_kind(schema['items'])}"
    members = schema.get("additionalProperties")
    return f" of {_kind(members)}" if isinstance(members, dict) and members else ""


def _bounds(schema: Node) -> str:
    if schema.get("format") == "date-time":
        return ", an instant"
    if "maxLength" in schema:
        return f", up to {schema['maxLength']} characters"
    if "maximum" in schema:
        return f", {schema.get('minimum', 0)} to {schema['maximum']}"
    return ""
