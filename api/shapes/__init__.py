"""The shapes of what clients send: each reads a JSON value, naming every fault in it, and describes itself as JSON schema."""

from api.shapes.compound import Field, ListOf, MapOf, Null, Record, nullable
from api.shapes.simple import (
    WEB_ADDRESS,
    Choice,
    Flag,
    Instant,
    Integer,
    Matching,
    Number,
    Points,
    Schema,
    Shape,
    Text,
    WebAddress,
    described,
)

__all__ = [
    "WEB_ADDRESS",
    "Choice",
    "Field",
    "Flag",
    "Instant",
    "Integer",
    "ListOf",
    "MapOf",
    "Matching",
    "Null",
    "Number",
    "Points",
    "Record",
    "Schema",
    "Shape",
    "Text",
    "WebAddress",
    "described",
    "nullable",
]
