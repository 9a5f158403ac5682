"""Reads the values of a TOML document strictly: each method returns what was asked for, or says what is wrong."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import NoReturn, TypeVar

Choice = TypeVar("Choice", bound=StrEnum)

KEY_SHAPE = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
KEY_LENGTH = 50
TITLE_LENGTH = 200
# Sums of points stay exact on output, which has six decimals.
SMALLEST_STEP = Decimal("0.000001")
LARGEST_NUMBER = 1_000_000


class DefinitionError(ValueError):
    """A rubric definition is wrong; the message says in which file, at which path and why."""

    def __init__(self, origin: str, path: str, why: str) -> None:
        super().__init__(": ".join(part for part in (origin, path, why) if part))
        self.origin = origin
        self.path = path
        self.why = why


@dataclass(frozen=True, slots=True)
class Table:
    """A TOML table that knows where it stands, so that whatever is wrong in it can be named."""

    values: dict[str, object]
    path: str
    origin: str

    def at(self, name: str) -> str:
        return f"{self.path}.{name}" if self.path else name

    def fail(self, name: str, why: str) -> NoReturn:
        raise DefinitionError(self.origin, self.at(name) if name else self.path, why)

    def expect(self, required: tuple[str, ...], optional: tuple[str, ...] = ()) -> None:
        for name in self.values:
            if name not in required and name not in optional:
                self.fail(name, "unknown key")
        for name in required:
            if name not in self.values:
                self.fail(name, "missing")

    def prose(self, name: str) -> str:
        return self._folded(name, self.values[name])

    def line(self, name: str) -> str:
        text = self.prose(name)
        if "\n" in text or len(text) > TITLE_LENGTH:
            self.fail(name, f"must be one line of at most {TITLE_LENGTH} characters")
        return text

    def key(self, name: str) -> str:
        text = self.values[name]
        if not isinstance(text, str) or not KEY_SHAPE.fullmatch(text) or len(text) > KEY_LENGTH:
            self.fail(name, f"must be lower-case words joined by hyphens, at most {KEY_LENGTH} characters: {text!r}")
        return text

    def choice(self, name: str, choices: type[Choice]) -> Choice:
        chosen = next((choice for choice in choices if choice.value == self.values[name]), None)
        if chosen is None:
            self.fail(name, f"must be one of {', '.join(choices)}: {self.values[name]!r}")
        return chosen

    def number(self, name: str) -> Fraction:
        value = self.values[name]
        if isinstance(value, bool) or not isinstance(value, int | Decimal):
            self.fail(name, f"must be a number: {value!r}")
        if isinstance(value, Decimal) and not value.is_finite():
            self.fail(name, f"must be finite: {value}")
        if not 0 <= value <= LARGEST_NUMBER:
            self.fail(name, f"must lie in 0 to {LARGEST_NUMBER}: {value}")
        if isinstance(value, Decimal) and value != value.quantize(SMALLEST_STEP):
            self.fail(name, f"must have at most six decimals: {value}")
        return Fraction(value)

    def texts(self, name: str) -> tuple[str, ...]:
        items = self._array(name)
        texts = tuple(self._folded(f"{name}[{index}]", item) for index, item in enumerate(items))
        for index, text in enumerate(texts):
            if text in texts[:index]:
                self.fail(f"{name}[{index}]", f"named twice: {text!r}")
        return texts

    def table(self, name: str) -> Table:
        return self._inner(name, self.values[name])

    def tables(self, name: str) -> list[Table]:
        return [self._inner(f"{name}[{index}]", item) for index, item in enumerate(self._array(name))]

    def _inner(self, name: str, value: object) -> Table:
        if not isinstance(value, dict):
            self.fail(name, "must be a table")
        return Table(value, self.at(name), self.origin)

    def _array(self, name: str) -> list[object]:
        value = self.values[name]
        if not isinstance(value, list):
            self.fail(name, "must be an array")
        return value

    def _folded(self, name: str, value: object) -> str:
        """Paragraphs stay apart by an empty line; line breaks inside one are only for whoever edits the file."""
        if not isinstance(value, str):
            self.fail(name, f"must be a string: {value!r}")
        paragraphs = [" ".join(paragraph.split()) for paragraph in re.split(r"\n\s*\n", value)]
        text = "\n\n".join(paragraph for paragraph in paragraphs if paragraph)
        if not text:
            self.fail(name, "must not be empty")
        if not text.replace("\n", "").isprintable():
            self.fail(name, "must not contain control characters")
        return text
