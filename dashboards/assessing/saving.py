"""Saving posted answers one by one in effect: what can be stored is, and each that can't says why."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from accounts.actors import Actor
from accounts.errors import Invalid
from assessments.changes import StaleAnswer
from assessments.models import Answer, Assessment
from assessments.operations import save_answers
from dashboards.assessing.forms import Posted


@dataclass(slots=True)
class Outcome:
    """What became of posted answers, by test: stored, refused because someone else was faster, or refused as wrong.

    `conflicts` holds what is stored instead, None where nothing is; `answers` the whole draft's, where something was
    stored.
    """

    saved: dict[str, Answer] = field(default_factory=dict)
    conflicts: dict[str, Answer | None] = field(default_factory=dict)
    faults: dict[str, list[str]] = field(default_factory=dict)
    answers: dict[str, Answer] | None = None

    @property
    def complete(self) -> bool:
        return not self.conflicts and not self.faults


def save_posted(*, actor: Actor, draft: Assessment, posted: Iterable[Posted], at: datetime) -> Outcome:
    """Store what can be stored. Raises Conflict when the assessment is no draft any more, DoesNotExist when it is gone."""
    outcome = Outcome()
    left = list(posted)
    while left:
        try:
            changes = [answer.change() for answer in left]
            outcome.answers = save_answers(actor=actor, assessment=draft, changes=changes, at=at)
            outcome.saved |= {change.test: outcome.answers[change.test] for change in changes}
            return outcome
        except StaleAnswer as stale:
            _sort_out(outcome, left, stale)
            left = [answer for answer in left if answer.test not in stale.stored]
        except Invalid as invalid:
            wrong = {fault.path[1] for fault in invalid.faults}
            for fault in invalid.faults:
                outcome.faults.setdefault(left[int(fault.path[1])].test, []).append(fault.detail)
            left = [answer for index, answer in enumerate(left) if index not in wrong]
    return outcome


def _sort_out(outcome: Outcome, left: list[Posted], stale: StaleAnswer) -> None:
    """A stored answer of the same content is no conflict: the answer to an earlier posting of it was lost on its way."""
    mine = {answer.test: answer for answer in left}
    for test, stored in stale.stored.items():
        if stored is not None and stored.content() == mine[test].content():
            outcome.saved[test] = stored
        else:
            outcome.conflicts[test] = stored
