"""A change of rules is swapped in between any two statements of a request: its reader sees the old or the new, never a mix.

The swap runs on the reader's own connection, which to a reader that holds no snapshot looks as another's commit does. To
add a page or an address that depends on rules, add it to READERS.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from accounts.actors import Actor
from accounts.models import Membership, Scope
from accounts.tokens import create_token
from assessments.badges import show_chart, turn_on
from assessments.initiatives import WantedStep, create_initiative
from assessments.models import System
from assessments.operations import start_assessment
from dashboards.reports.links import create_link
from evidence import rule_changes
from evidence.models import Result, RuleChange
from evidence.preparation import prepare_next
from evidence.rule_changes import change_rules, swap
from scores.keeping import keep_for
from tests.factories import DAY, HOUR, assess, make_system, nightly, post

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 21, 10, 5, tzinfo=UTC)
# What differs from one request to the next; and how far a change is prepared.
OWN = r'"csrfmiddlewaretoken" value="\w+"|"X-CSRFToken": "\w+"|prepared \d+ %|<progress max="100".*?</progress>'
LATER = NOW + timedelta(seconds=1)
OF_ORGANISATION = {"window_days": 9, "repeat_hours": 48, "credit": "passed"}
OF_SYSTEM = {"windows": {"data-1": 3, "model-6": 5}, "counted_branch": "main"}


@dataclass(frozen=True)
class World:
    """An organisation of two systems at NOW, whose scores, runs, lapses and failures all depend on its rules."""

    member: Membership

    @cached_property
    def actor(self) -> Actor:
        return Actor.of(self.member)

    @cached_property
    def system(self) -> System:
        system = make_system(self.member.organisation, NOW - 400 * DAY, name="Scorer", slug="scorer", target_score=2)
        assess(system, NOW - 80 * DAY, {"data-2": "manual", "infra-1": "automated", "monitor-1": "manual"})
        post(system, ["data-1", "infra-3"], nightly(NOW - 60 * DAY, NOW - HOUR, 2 * DAY), NOW, branch="main")
        post(system, ["data-3", "model-6"], nightly(NOW - 50 * DAY, NOW - 12 * DAY, 4 * DAY), NOW, status="failed")
        post(system, ["model-1", "monitor-2"], [NOW - 5 * DAY, NOW - 4 * DAY], NOW, run="pair", branch="trial")
        post(system, ["infra-2"], [NOW - 20 * DAY], NOW, run="once", branch="main", model_version="7")
        return system

    @cached_property
    def other(self) -> System:
        other = make_system(self.member.organisation, NOW - 300 * DAY, name="Ranker", slug="ranker", tags=["nightly"])
        post(other, ["data-1", "model-1", "infra-1", "monitor-1"], nightly(NOW - 40 * DAY, NOW - HOUR, 2 * DAY), NOW)
        post(other, ["data-2"], [NOW - 11 * DAY, NOW - 10 * DAY], NOW, status="failed", run="pair")
        return other

    @cached_property
    def values(self) -> Mapping[str, Any]:
        """What stands in the addresses of READERS."""
        actor, system = self.actor, self.system
        turn_on(actor=actor, system=system, at=NOW)
        link = create_link(actor=actor, name="Board", system=None, as_of=None, expires_at=NOW + 7 * DAY, at=NOW)
        steps = [WantedStep(system, "data-1", "automated"), WantedStep(self.other, "data-2", "manual")]
        return {
            "organisation": self.member.organisation.slug,
            "badge": show_chart(actor=actor, system=system, shown=True, at=NOW).key,
            "draft": start_assessment(actor=actor, system=system, at=NOW).pk,
            "shared": link[1],
            "initiative": create_initiative(actor=actor, title="Schemas", steps=steps, at=NOW - DAY).pk,
            "result": Result.objects.filter(system=system, status="failed", check_of__test="model-6").latest("pk").pk,
        }

    @cached_property
    def clients(self) -> Mapping[str, Client]:
        _, secret = create_token(
            actor=self.actor, name="reader", scopes=[Scope.READ], system_id=None, expires_at=None, at=NOW
        )
        machine = Client(headers={"Authorization": f"Bearer {secret}"})
        browser = Client()
        browser.force_login(self.member.person)
        return {"api": machine, "metrics": machine, "o": browser, "badge": Client(), "share": Client()}

    def read(self, address: str) -> str:
        """What a reader of this address sees, without OWN."""
        path = "/" + address.format_map(self.values).replace("PAGE", f"o/{self.values['organisation']}")
        client = self.clients[path.split("/")[1]]
        response = client.get(path)
        content = response.getvalue() if response.streaming else response.content
        assert response.status_code == 200, (address, content)
        return re.sub(OWN, "", content.decode())


@pytest.fixture
def world(owner: Membership, monkeypatch: pytest.MonkeyPatch, settings: Settings) -> World:
    monkeypatch.setattr(timezone, "now", lambda: NOW)
    # All requests fall into one second.
    settings.API_RATE = settings.SHARE_RATE = 1_000_000
    monkeypatch.setattr(rule_changes, "AT_ONCE", 0)
    world = World(owner)
    assert world.values and world.clients
    assert keep_for(60.0)
    return world


def prepared(world: World, changes: Mapping[str, Any], system: System | None = None) -> Callable[[], None]:
    """A change that wants nothing but its swap, which this answers; states are kept by the new rules at once."""
    change_rules(actor=world.actor, changes=changes, at=NOW, system=system)
    change = RuleChange.objects.pending().get()
    while prepare_next(change):
        pass

    def swapped() -> None:
        assert swap(change.pk, at=LATER)
        assert keep_for(60.0)

    return swapped


class Between:
    """Calls `then` before the statement of this number, from 1 on; `count` is how many there were besides."""

    def __init__(self, number: int, then: Callable[[], None]) -> None:
        self.number, self.then, self.count, self.busy = number, then, 0, False

    def __call__(self, execute: Callable[..., Any], sql: str, parameters: Any, many: bool, context: Any) -> Any:
        if not self.busy:
            self.count += 1
            if self.count == self.number:
                self.busy = True
                self.then()
                self.busy = False
        return execute(sql, parameters, many, context)


@contextmanager
def undone() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def seen(world: World, address: str, number: int, then: Callable[[], None]) -> tuple[str, int]:
    """What the reader sees where the swap comes before this statement, and how many statements there were."""
    between = Between(number, then)
    with undone(), connection.execute_wrapper(between):
        return world.read(address), between.count


READERS = {
    "system": "PAGE/systems/scorer/",
    "test": "PAGE/systems/scorer/tests/data-1/",
    "explanation": "PAGE/systems/scorer/explain/",
    "way to a score": "PAGE/systems/scorer/plan/",
    "draft": "PAGE/systems/scorer/assessments/{draft}/",
    "review of the draft": "PAGE/systems/scorer/assessments/{draft}/review/",
    "result": "PAGE/systems/scorer/results/{result}/",
    "rules": "PAGE/systems/scorer/rules/",
    "report": "PAGE/systems/scorer/report/",
    "initiative": "PAGE/initiatives/{initiative}/",
    "overview": "PAGE/",
    "heat map": "PAGE/heat-map/",
    "gaps": "PAGE/gaps/",
    "comparison": "PAGE/compare/?system=scorer&system=ranker",
    "comparison of dates": "PAGE/compare/?system=scorer&since=2026-10-10",
    "moves": "PAGE/moved/?since=2026-11-01",
    "lapses": "PAGE/lapses/?all=on",
    "roll-ups": "PAGE/roll-ups/",
    "shared report of all": "share/{shared}/",
    "settings": "PAGE/settings/",
    "badge": "badge/{badge}.json",
    "chart": "badge/{badge}/chart.svg",
    "score": "api/v1/systems/scorer/score/",
    "history": "api/v1/systems/scorer/history/",
    "gate": "api/v1/systems/scorer/gate/?min_score=1&max_drop=0.5&no_failing=true",
    "plan": "api/v1/systems/scorer/plan/",
    "model version": "api/v1/systems/scorer/model-versions/7/",
    "trends": "api/v1/trends/?start=2026-10-01T00:00:00Z&interval=day",
    "organisation": "api/v1/organisation/",
    "metrics": "metrics/scores",
    "export": "api/v1/exports/scores/?format=csv",
}
OF_SYSTEM_TOO = {
    **{name: READERS[name] for name in ("system", "test", "result", "rules", "overview", "lapses", "score")},
    "one system": "api/v1/systems/scorer/",
    "systems": "api/v1/systems/",
}


def mixes(world: World, name: str, address: str, then: Callable[[], None]) -> list[str]:
    """The statements before which a swap makes this reader see neither the old nor the new."""
    old, statements = seen(world, address, 0, then)
    new, _ = seen(world, address, 1, then)
    assert old != new, f"{name} shows nothing that depends on rules"
    numbers = range(2, statements + 1)
    return [f"{name}, {number}" for number in numbers if seen(world, address, number, then)[0] not in (old, new)]


@pytest.mark.parametrize("readers", [READERS, OF_SYSTEM_TOO], ids=["organisation", "system"])
def test_readers_see_the_old_or_the_new(world: World, readers: Mapping[str, str]) -> None:
    then = prepared(world, OF_ORGANISATION) if readers is READERS else prepared(world, OF_SYSTEM, world.system)
    assert [each for name, address in readers.items() for each in mixes(world, name, address, then)] == []
