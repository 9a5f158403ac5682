"""Random histories of a system: whatever users and pipelines do, in any order, and the upkeep of states in between."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from random import Random

from accounts.actors import Actor
from accounts.models import Organisation
from assessments.changes import AnswerChange
from assessments.models import Assessment, AssessmentStatus, System
from assessments.operations import finalise, save_answers, start_assessment, void_assessment
from assessments.systems import update_system
from evidence.models import Result
from evidence.rule_changes import change_rules
from evidence.voiding import void_result
from rubric.loader import DEFAULT, builtin
from scores.keeping import keep
from tests.factories import DAY, HOUR, make_system, post

NOW = datetime(2026, 11, 21, 10, tzinfo=UTC)
TESTS = list(builtin()[DEFAULT].tests)[:9]
EDITIONS = sorted(builtin())


class Story:
    """What happens to one system, one random event after another, each a minute later than the one before."""

    def __init__(self, organisation: Organisation, dice: Random) -> None:
        self.dice = dice
        self.actor = Actor(organisation)
        self.pk = make_system(organisation, NOW - 300 * DAY, counted_branch=dice.choice([None, "main"])).pk
        self.at = NOW

    @property
    def system(self) -> System:
        return System.objects.select_related("organisation").get(pk=self.pk)

    def go_on(self) -> str:
        """One more event; answers what it was."""
        events: list[Callable[[], None]] = [self.posting] * 8 + [self.posting_now] * 4 + [self.keeping] * 6
        events += [self.voiding, self.assessing, self.assessing, self.importing, self.voiding_claims]
        events += [self.changing_windows, self.changing_credit, self.moving]
        self.at += timedelta(minutes=1)
        event = self.dice.choice(events)
        event()
        return event.__name__

    def past(self) -> datetime:
        return self.at - timedelta(hours=self.dice.randrange(1, 120 * 24))

    def posting(self) -> None:
        dice, at = self.dice, self.past()
        status, branch = dice.choice(["passed", "passed", "failed", "error", "skipped"]), dice.choice(["main", "dev"])
        # A known run's name again, at another time, moves that run.
        run = f"run {dice.randrange(6)} {self.at:%H:%M}"
        times = sorted({at, min(at + 13 * HOUR, self.at)}, reverse=dice.random() < 0.5)
        post(self.system, dice.sample(TESTS, 2), times, self.at, status=status, branch=branch, run=run)

    def posting_now(self) -> None:
        post(self.system, TESTS[:3], [self.at], self.at, branch="main")

    def keeping(self) -> None:
        keep(self.pk)

    def voiding(self) -> None:
        results = list(Result.objects.filter(system=self.pk, voided_at__isnull=True).order_by("pk"))
        if results:
            chosen = self.dice.choice(results)
            void_result(actor=self.actor, result_id=chosen.pk, reason="Wrong data", at=self.at)

    def assessing(self, effective_at: datetime | None = None) -> None:
        draft = start_assessment(actor=self.actor, system=self.system, at=self.at, effective_at=effective_at)
        own = [test for test in TESTS if test in builtin()[draft.rubric].tests]
        changes = [
            AnswerChange(test, not_applicable=True, justification="No")
            if level == "na"
            else AnswerChange(test, level=level)
            for test in own
            if (level := self.dice.choice(["none", "manual", "automated", "na"]))
        ]
        save_answers(actor=self.actor, assessment=draft, changes=changes, at=self.at)
        finalise(actor=self.actor, assessment=draft, at=self.at)

    def importing(self) -> None:
        self.assessing(self.past())

    def voiding_claims(self) -> None:
        finals = list(Assessment.objects.filter(system=self.pk, status=AssessmentStatus.FINAL).order_by("pk"))
        if finals:
            chosen = self.dice.choice(finals)
            void_assessment(actor=self.actor, assessment=chosen, reason="Mistaken", at=self.at)

    def changing_windows(self) -> None:
        windows = {"windows": {self.dice.choice(TESTS): self.dice.randrange(1, 60)}}
        change_rules(actor=self.actor, changes=windows, at=self.at, system=self.system)

    def changing_credit(self) -> None:
        self.actor = Actor(self.system.organisation)
        change_rules(actor=self.actor, changes={"credit": self.dice.choice(["executed", "passed"])}, at=self.at)

    def moving(self) -> None:
        update_system(actor=self.actor, system=self.system, changes={"rubric": self.dice.choice(EDITIONS)}, at=self.at)
