"""Checks that flap: told twice a day at most, and the rest together when the day is over."""

from __future__ import annotations

from datetime import timedelta

from accounts.actors import Actor
from accounts.models import Membership
from assessments.models import System
from notify import webhooks
from notify.kinds import Kind
from notify.models import Flip, Message, Notice
from tests.cast import NOW
from tests.notify.test_telling import deliver, result, sweep, system, team, teammate, told  # noqa: F401 - fixtures

DAY, STEP = timedelta(days=1), timedelta(minutes=10)
FLAPPING = ["passed", *(["failed", "passed"] * 5), "failed"]


def test_a_check_that_flaps_is_told_twice_a_day_and_summed_up(system: System, owner: Membership) -> None:  # noqa: F811
    webhooks.create_webhook(
        actor=Actor.of(owner), name="All", url="https://1.1.1.1/", shape="standard", kinds=["check.failing"], at=NOW
    )
    start = NOW.replace(hour=1) + DAY
    for number, status in enumerate(FLAPPING):
        at = start + number * STEP
        result(system, status, at, check="nightly")
        result(system, "passed" if number else "failed", at, check="steady")
        deliver(at)
    began, recovered = "Fraud scorer: nightly began to fail", "Fraud scorer: nightly recovered"
    steady = "Fraud scorer: steady recovered"
    assert told(owner, Kind.FAILING) == ["Fraud scorer: steady began to fail", began, began]
    assert sorted(told(owner, Kind.RECOVERED)) == sorted([recovered, recovered, steady])
    assert Message.objects.filter(webhook__isnull=False).count() == 7, "programs hear of each time"
    sweep(start + 20 * timedelta(hours=1))
    assert len(told(owner, Kind.FAILING)) == 3, "the day is not over"
    for _ in range(2):
        sweep(start + DAY)
    *_, summed = told(owner, Kind.FAILING)
    assert len(told(owner, Kind.FAILING)) == 4
    assert summed.startswith("Fraud scorer: nightly kept failing and recovering on ")
    body = Notice.objects.filter(key__startswith="check.flapping").values_list("body", flat=True)[0]
    assert body == "nightly began to fail 6 times, and failed in the end"
    assert not Flip.objects.exists()
    at = start + DAY + STEP
    result(system, "passed", at, check="nightly")
    deliver(at)
    assert told(owner, Kind.RECOVERED)[-1] == recovered, "another day counts anew"
