"""A change of an answer: what it may hold, when it comes too late, and what it makes of the stored one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from accounts.errors import Conflict, FieldFault, Invalid
from assessments.links import LONGEST_LINK, is_link
from assessments.models import Answer, Assessment
from rubric.levels import LEVELS, Level
from rubric.loader import builtin

LONGEST_JUSTIFICATION = 10_000
MOST_LINKS = 20


@dataclass(frozen=True, slots=True)
class AnswerChange:
    """A change of one answer. None leaves a field as it is; `version` None overwrites whatever is there.

    `version` is the one that the writer has seen, 0 for a test without an answer.
    """

    test: str
    level: str | None = None
    justification: str | None = None
    evidence: list[str] | None = None
    not_applicable: bool | None = None
    version: int | None = None


class StaleAnswer(Conflict):
    """Somebody else changed an answer since the writer saw it; `stored` holds those answers by test."""

    def __init__(self, stored: dict[str, Answer | None], *faults: FieldFault) -> None:
        super().__init__("An answer was changed by someone else in the meantime.", *faults)
        self.stored = stored


def check_changes(draft: Assessment, changes: Sequence[AnswerChange], *, not_applicable_allowed: bool) -> None:
    """Raises Invalid for what is wrong in itself; paths start at ("answers", index)."""
    faults = [fault for index, change in enumerate(changes) for fault in _faults_of(draft, index, change)]
    if len({change.test for change in changes}) < len(changes):
        faults.append(FieldFault(("answers",), "Each test may be named once."))
    if not not_applicable_allowed:
        detail = "This organisation does not allow tests to be claimed not applicable."
        faults += [
            FieldFault(("answers", index, "not_applicable"), detail)
            for index, change in enumerate(changes)
            if change.not_applicable
        ]
    if faults:
        raise Invalid(*faults)


def _faults_of(draft: Assessment, index: int, change: AnswerChange) -> list[FieldFault]:
    here = ("answers", index)
    faults = []
    if change.test not in builtin()[draft.rubric].tests:
        faults.append(FieldFault((*here, "test"), f"{change.test!r} is no test of the rubric {draft.rubric}."))
    if change.level is not None and change.level not in LEVELS:
        faults.append(FieldFault((*here, "level"), f"One of {', '.join(LEVELS)}."))
    if change.not_applicable and change.level not in (None, Level.NONE.key):
        faults.append(FieldFault((*here, "level"), "A test that does not apply claims none."))
    if change.justification is not None and len(change.justification) > LONGEST_JUSTIFICATION:
        detail = f"At most {LONGEST_JUSTIFICATION} characters."
        faults.append(FieldFault((*here, "justification"), detail))
    if change.evidence is not None and len(change.evidence) > MOST_LINKS:
        faults.append(FieldFault((*here, "evidence"), f"At most {MOST_LINKS} links."))
    for position, link in enumerate(change.evidence or []):
        if not is_link(link):
            detail = f"{link[:80]!r} is no http or https address of up to {LONGEST_LINK} characters."
            faults.append(FieldFault((*here, "evidence", position), detail))
    return faults


def refuse_stale(changes: Sequence[AnswerChange], stored: dict[str, Answer]) -> None:
    """Raises StaleAnswer when a change bears another version than what is stored."""
    stale = {
        index: change
        for index, change in enumerate(changes)
        if change.version is not None
        and change.version != (stored[change.test].version if change.test in stored else 0)
    }
    if stale:
        raise StaleAnswer(
            {change.test: stored.get(change.test) for change in stale.values()},
            *(FieldFault(("answers", index, "version"), "The answer has a newer version.") for index in stale),
        )


def apply(answer: Answer, change: AnswerChange) -> None:
    """Make the change to the answer, which is not saved here."""
    given: dict[str, Any] = {
        field: getattr(change, field)
        for field in ("level", "justification", "evidence", "not_applicable")
        if getattr(change, field) is not None
    }
    if given.get("not_applicable"):
        given["level"] = Level.NONE.key
    elif given.get("level", Level.NONE.key) != Level.NONE.key:
        given.setdefault("not_applicable", False)
    for field, value in given.items():
        setattr(answer, field, value)
