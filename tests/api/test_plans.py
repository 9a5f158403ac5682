"""The plan of a system: its shape, its default target, and what is refused."""

from __future__ import annotations

import pytest

from accounts.actors import Actor
from accounts.models import Organisation
from accounts.organisations import update_organisation
from assessments.models import System
from assessments.systems import update_system
from tests.api.client import Api, faults, ok
from tests.cast import NOW
from tests.factories import assess

pytestmark = pytest.mark.django_db
PLAN = "/systems/fraud-scorer/plan/"
DONE = {
    f"{category}-{number}": "automated" for category in ("data", "model", "infra", "monitor") for number in range(1, 8)
}


def test_a_plan_says_what_each_step_takes_and_brings(api: Api, system: System) -> None:
    assess(system, NOW, DONE | {"monitor-4": "none", "model-4": "none", "monitor-5": "manual"})
    plan = ok(api.get(f"{PLAN}?target=6"))
    assert {key: plan[key] for key in ("system", "rubric", "score", "target", "reaches", "cost")} == {
        "system": "fraud-scorer",
        "rubric": "ml-test-score-2017",
        "score": 5.5,
        "target": 6,
        "reaches": 6,
        "cost": 1,
    }
    assert plan["steps"] == [
        {
            "test": "monitor-5",
            "title": "Models are numerically stable",
            "category": "monitor",
            "from": "manual",
            "to": "automated",
            "effort": "S",
            "cost": 1,
            "points": 0.5,
            "score": 6,
            "reason": "Monitoring is below the target, and this raises the score. "
            "Automates what is done by hand. Little work.",
            "leans_on": [],
        }
    ]
    assert plan["warnings"] == []
    more = ok(api.get(f"{PLAN}?target=6.5"))
    assert [(step["test"], step["to"], step["leans_on"]) for step in more["steps"]] == [
        ("monitor-5", "automated", []),
        ("model-4", "manual", []),
        ("monitor-4", "manual", []),
    ]


def test_the_target_is_the_system_s_own_unless_it_is_named(api: Api, system: System) -> None:
    assert faults(api.get(PLAN)) == {"?target"}
    ok(api.patch("/systems/fraud-scorer/", {"target_score": 0.5}))
    assert len(ok(api.get(PLAN))["steps"]) == 4
    assert ok(api.get(f"{PLAN}?target=0"))["steps"] == []


@pytest.mark.parametrize("target", ["", "x", "NaN", "7.000001", "-0.5", "1e99", "1&target=2"])
def test_what_is_no_score_of_the_rubric_is_at_fault(api: Api, system: System, target: str) -> None:
    assert faults(api.get(f"{PLAN}?target={target}")) == {"?target"}


def test_efforts_of_the_system_come_before_those_of_its_organisation(
    api: Api, system: System, organisation: Organisation
) -> None:
    assess(system, NOW, DONE | {"data-1": "none", "data-2": "none", "data-3": "none"})
    actor = Actor(organisation)

    def first() -> tuple[str, str]:
        step = ok(api.get(f"{PLAN}?target=4.5"))["steps"][0]
        return step["test"], step["effort"]

    assert first() == ("data-3", "S")
    update_organisation(actor=actor, at=NOW, efforts={"data-3": "L", "data-2": "S"})
    assert first() == ("data-2", "S")
    update_system(actor=actor, system=system, changes={"efforts": {"data-2": "L"}}, at=NOW)
    assert first() == ("data-1", "M")
