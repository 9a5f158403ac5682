"""Why an operation refuses: what views and the API translate into their own words."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FieldFault:
    """What is wrong with one value: `path` leads to it, such as ("answers", 3, "level")."""

    path: tuple[str | int, ...]
    detail: str


class Invalid(Exception):
    """Values that break a rule (400); `faults` names each."""

    def __init__(self, *faults: FieldFault) -> None:
        super().__init__(" ".join(fault.detail for fault in faults))
        self.faults = faults


class Conflict(Exception):
    """What was asked does not go with what is stored (409); `detail` says why, `faults` where, if it is a value."""

    def __init__(self, detail: str, *faults: FieldFault) -> None:
        super().__init__(detail)
        self.detail = detail
        self.faults = faults


class Forbidden(Exception):
    """The actor's role does not allow it (403); the message says why, as a sentence."""
