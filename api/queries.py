"""Query parameters: unknown ones are passed over unless a view refuses them, malformed ones are at fault."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction
from typing import Any

from django.http import HttpRequest

from api.instants import read_query_instant
from api.parsing import UNFIT
from api.problems import Fault, at_fault

DECIMAL = re.compile(r"[+-]?\d{1,20}(\.\d{1,20})?([eE][+-]?\d{1,2})?", re.ASCII)


def read_number(text: str) -> Fraction:
    """The decimal number that a text says. Raises ValueError."""
    if DECIMAL.fullmatch(text) is None:
        raise ValueError("A decimal number.")
    return Fraction(text)


@dataclass(slots=True)
class Query:
    """Reads one request's parameters and gathers what is wrong with them; `check` raises it all."""

    request: HttpRequest
    faults: list[Fault] = field(default_factory=list)

    def refuse(self, name: str, detail: str) -> None:
        """Note a fault of this parameter."""
        self.faults.append(Fault(detail, parameter=name))

    def check(self) -> None:
        """Raises Problem (400) when anything was at fault."""
        if self.faults:
            raise at_fault(self.faults)

    def only(self, *names: str) -> None:
        """Refuse every other parameter: for what must not go wrong unnoticed when a name is misspelt."""
        for name in self.request.GET if self.request.META.get("QUERY_STRING") else ():
            if name not in names:
                self.refuse(name, f"Unknown; there are {', '.join(names)}.")

    def text(self, name: str) -> str | None:
        """The parameter's text; None when it isn't there, or at fault."""
        if not self.request.META.get("QUERY_STRING"):
            return None
        given = self.request.GET.getlist(name)
        if len(given) > 1:
            self.refuse(name, "Given more than once.")
        elif given and UNFIT.search(given[0]):
            self.refuse(name, "NUL characters and unpaired surrogates are not allowed.")
        elif given:
            return given[0]
        return None

    def faulty(self, name: str) -> bool:
        """Whether this parameter is at fault."""
        return any(fault.parameter == name for fault in self.faults)

    def limited(self, name: str, longest: int, shortest: int = 0) -> str | None:
        """A text of so many characters; None when it isn't there, or at fault."""
        text = self.text(name)
        if text is None or shortest <= len(text) <= longest:
            return text
        self.refuse(name, f"A text of {shortest} to {longest} characters.")
        return None

    def choice(self, name: str, options: Sequence[str]) -> str | None:
        """One of `options`; None when it isn't there, or at fault."""
        text = self.text(name)
        if text is None or text in options:
            return text
        self.refuse(name, f"One of {', '.join(options)}.")
        return None

    def flag(self, name: str) -> bool:
        """`true` or `false`; false when it isn't there."""
        return self.choice(name, ("true", "false")) == "true"

    def instant(self, name: str) -> datetime | None:
        """An instant, aware, in UTC; None when it isn't there, or at fault."""
        at: datetime | None = self.converted(name, read_query_instant)
        return at

    def number(self, name: str) -> Fraction | None:
        """A decimal number, exactly; None when it isn't there, or at fault."""
        value: Fraction | None = self.converted(name, read_number)
        return value

    def converted(self, name: str, convert: Callable[[str], Any]) -> Any:
        """What `convert` makes of the text; None when it isn't there, or when `convert` raises ValueError."""
        text = self.text(name)
        try:
            return None if text is None else convert(text)
        except ValueError as error:
            self.refuse(name, str(error))
            return None
