"""Mapping rules as clients send and read them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from api.resources.components import TEXT, array, optional, record
from api.shapes import Choice, Field, ListOf, Record, Schema, Text
from evidence.formats import FORMATS
from evidence.mapping import LONGEST_PATTERN, MOST_RULES, Rule

RULE = Record(
    {
        "pattern": Field(
            Text(LONGEST_PATTERN, 1, filled=True, description="A glob on the check's full name: *, ? and [abc]."),
            required=True,
        ),
        "test": Field(Text(60, 1, description="The key of a test, such as data-1."), required=True),
        "format": Field(Choice(tuple(FORMATS))),
    }
)
RULES = Record({"rules": Field(ListOf(RULE, MOST_RULES), required=True)})
SHOWN: Schema = record(
    {"rules": array(record({"pattern": TEXT, "test": TEXT, "format": optional(Choice(tuple(FORMATS)).schema)}))},
    "Mapping rules in the order in which they are asked; the first that matches wins.",
)


def rules_in(given: dict[str, Any]) -> list[Rule]:
    """The rules of a body that has the shape RULES."""
    return [Rule(item["pattern"], item["test"], item.get("format")) for item in given["rules"]]


def show_rules(rules: Sequence[Rule]) -> dict[str, Any]:
    """The rules as an answer."""
    return {"rules": [{"pattern": rule.pattern, "test": rule.test, "format": rule.format} for rule in rules]}
