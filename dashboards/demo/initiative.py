"""The demo's initiative: three teams have resolved to watch what serves, and are halfway there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from accounts.actors import Actor
from assessments.initiatives import StepDetails, WantedStep, create_initiative, update_initiative
from assessments.models import System
from dashboards.demo.pipelines import day

TITLE = "Monitoring that somebody hears"
PURPOSE = "Each system that serves customers tells its team when its inputs or its speed change, before customers do."
STARTED_DAYS_AGO, DUE_IN_DAYS = 100, 45


@dataclass(frozen=True, slots=True)
class Step:
    """A step of a system, who takes it, and in how many days it is due (negative: it was due so long ago)."""

    system: str
    test: str
    level: str
    owner: str
    due_in: int
    issue: int = 0


STEPS = (
    Step("demand-forecast", "monitor-1", "manual", "samir", -70, 212),
    Step("demand-forecast", "monitor-2", "manual", "samir", -40, 213),
    Step("demand-forecast", "monitor-5", "manual", "samir", -9, 231),
    Step("basket-suggestions", "monitor-6", "manual", "petra", -60, 98),
    Step("basket-suggestions", "monitor-7", "automated", "petra", -30),
    Step("basket-suggestions", "monitor-5", "manual", "petra", 21),
    Step("card-fraud-scoring", "monitor-5", "manual", "amara", 14, 340),
    Step("card-fraud-scoring", "monitor-4", "automated", "amara", 45),
)


def play(actors: Mapping[str, Actor], now: datetime) -> None:
    """Start it, and say who takes which step. Which of them are done, the systems' facts tell."""
    at, leader = day(now, STARTED_DAYS_AGO, "11:00"), actors["tomas"]
    rows = System.objects.filter(organisation=leader.organisation, slug__in={step.system for step in STEPS})
    systems = {system.slug: system for system in rows}
    due_on = (now + timedelta(days=DUE_IN_DAYS)).date()
    wanted = [WantedStep(systems[step.system], step.test, step.level) for step in STEPS]
    made = create_initiative(actor=leader, title=TITLE, purpose=PURPOSE, due_on=due_on, steps=wanted, at=at)
    details = [
        StepDetails(
            step_id=stored.pk,
            owner=actors[step.owner].person,
            due_on=(now + timedelta(days=step.due_in)).date(),
            issue_url=f"https://issues.meridian.example/{step.issue}" if step.issue else "",
        )
        for stored, step in zip(made.steps.all(), STEPS, strict=True)
    ]
    update_initiative(
        actor=leader,
        initiative=made,
        title=TITLE,
        purpose=PURPOSE,
        due_on=due_on,
        details=details,
        removed=[],
        at=at + timedelta(minutes=20),
    )
