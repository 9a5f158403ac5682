"""Schemas that several answers share."""

from __future__ import annotations

from api.shapes import Schema, nullable

INSTANT: Schema = {"type": "string", "format": "date-time"}
TEXT: Schema = {"type": "string"}
POINTS: Schema = {"type": "number"}
LEVEL: Schema = {"type": "string", "enum": ["none", "manual", "automated"]}
BY_CATEGORY: Schema = {"type": "object", "additionalProperties": POINTS, "description": "Points by category key."}

FAULT: Schema = {
    "type": "object",
    "properties": {
        "pointer": {"type": "string", "description": "A JSON pointer into the body."},
        "parameter": {"type": "string", "description": "The name of a query parameter."},
        "detail": TEXT,
    },
    "required": ["detail"],
}

PROBLEM: Schema = {
    "type": "object",
    "description": "Problem details (RFC 9457).",
    "properties": {
        "type": {"type": "string", "format": "uri-reference"},
        "title": TEXT,
        "status": {"type": "integer"},
        "detail": TEXT,
        "errors": {"type": "array", "items": {"$ref": "#/components/schemas/Fault"}},
    },
    "required": ["type", "title", "status", "detail"],
}


def record(fields: dict[str, Schema], description: str = "") -> Schema:
    """The schema of an object with exactly these fields."""
    schema: Schema = {
        "type": "object",
        "properties": fields,
        "required": list(fields),
        "additionalProperties": False,
    }
    return {**schema, "description": description} if description else schema


def array(item: Schema) -> Schema:
    return {"type": "array", "items": item}


def optional(schema: Schema) -> Schema:
    """May be null."""
    return nullable(schema)


def listing(item: str) -> Schema:
    """A page of a list."""
    return record({"next": {"type": ["string", "null"], "format": "uri"}, "results": array(ref(item))})


def ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}
