"""A server whose organisation has systems of every kind, and who looks at their pages."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Browser, Page, ViewportSize

from accounts.actors import Actor
from accounts.models import Membership, Role
from assessments.badges import turn_on
from assessments.initiatives import WantedStep, create_initiative
from assessments.models import System
from evidence.formats import ReportedCheck, Status
from evidence.mapping import Mapper
from evidence.models import Result
from evidence.seen_names import note_names
from keyless.bindings import add_binding
from notify.kinds import Kind
from notify.notices import News, people_of, tell
from notify.webhooks import create_webhook, ping
from tests.factories import (
    all_tests,
    assess,
    fraud_story,
    make_member,
    make_organisation,
    make_system,
    make_team,
    nightly,
    post,
)
from tests.support.browser import Faults, watched_page
from tests.support.live import Live, start_live

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
VIEWPORT: ViewportSize = {"width": 1440, "height": 900}


@dataclass
class Scene:
    """An organisation with systems of every kind, and an empty one; both owned by who visits."""

    live: Live
    session: str
    pages: dict[str, str]

    @contextmanager
    def window(self, browser: Browser, **context: object) -> Iterator[tuple[Page, Faults]]:
        """An empty page of who visits, and the list of its faults."""
        with watched_page(browser, **{"viewport": VIEWPORT, **context}) as (page, faults):
            cookie = {"name": settings.SESSION_COOKIE_NAME, "value": self.session, "url": self.live.url}
            page.context.add_cookies([cookie])  # type: ignore[list-item]
            yield page, faults

    @contextmanager
    def visit(self, browser: Browser, place: str, **context: object) -> Iterator[Page]:
        """This place's page, loaded; it must not complain of anything."""
        with self.window(browser, **context) as (page, _):
            page.goto(self.live.url + self.pages[place])
            yield page


def _make(live: Live) -> Scene:
    now = timezone.now()
    organisation, empty = make_organisation(), make_organisation("Empty Ltd", "empty")
    owner = make_member(organisation, Role.OWNER)
    Membership.objects.create(organisation=empty, person=owner.person, role=Role.OWNER)
    team = make_team(organisation)
    story = fraud_story(organisation, now, by=owner.person, team=team, tags=["tier-1"], owner=owner.person)
    steps = [WantedStep(story, test, "automated") for test in ("data-1", "monitor-1")]
    actor = Actor(organisation, owner.person)
    initiative = create_initiative(actor=actor, title="Automate", steps=steps, at=now - 90 * DAY)
    practices = make_system(organisation, now - 90 * DAY, name="Docs search", rubric="key-principles")
    assess(practices, now - 80 * DAY, dict.fromkeys(all_tests(practices), "manual"), by=owner.person)
    climbing = make_system(organisation, now - 300 * DAY, name="Search ranking with a rather long name", team=team)
    post(climbing, ["data-1", "model-1", "infra-1", "monitor-1"], nightly(now - 60 * DAY, now, 2 * DAY), now)
    make_system(organisation, now, name="Churn uplift")
    result = Result.objects.filter(check_of__name="model-6").latest("pk")
    client = Client()
    client.force_login(owner.person)
    fraud = "/o/meridian/systems/card-fraud-scoring/"
    return Scene(
        live,
        client.cookies[settings.SESSION_COOKIE_NAME].value,
        {
            "organisation": "/o/meridian/",
            "heat map": "/o/meridian/heat-map/",
            "gaps": "/o/meridian/gaps/",
            "moved": "/o/meridian/moved/",
            "lapses": "/o/meridian/lapses/?all=on",
            "roll-ups": "/o/meridian/roll-ups/",
            "compare": "/o/meridian/compare/?system=card-fraud-scoring&system=docs-search",
            "changes": "/o/meridian/compare/?system=card-fraud-scoring",
            "empty": "/o/empty/",
            "system": fraud,
            "past": f"{fraud}?at=2026-06-01",
            "shares": "/o/meridian/systems/docs-search/",
            "unassessed": "/o/meridian/systems/churn-uplift/",
            "connect": fraud + "connect/",
            "plan": fraud + "plan/?target=3.5",
            "initiative": f"/o/meridian/initiatives/{initiative.pk}/",
            "initiative owners": f"/o/meridian/initiatives/{initiative.pk}/edit/",
            "test": fraud + "tests/data-1/",
            "explain": fraud + "explain/?at=2026-06-01",
            "timeline": fraud + "timeline/",
            "results": fraud + "results/",
            "report": fraud + "report/",
            "organisation report": "/o/meridian/report/",
            "result": f"{fraud}results/{result.pk}/",
            **_settings(story, actor, now),
        },
    )


def _settings(system: System, actor: Actor, now: datetime) -> dict[str, str]:
    """What pipelines and webhooks brought, and the pages that show it."""
    long_name = "tests.features.test_schema_of_transactions.TestColumns.test_no_column_is_null[merchant_category_code]"
    note_names(system, "junit", [ReportedCheck(long_name, Status.PASSED)], Mapper([], [], []), now)
    post(system, ["infra-1"], [now - HOUR], now, run="serving", model_version="fraud-2026.11.3")
    for kind in (Kind.FAILING, Kind.BAND):
        news = News(actor.organisation, kind, kind.value, f"{system}: {kind.label}", "/", now)
        tell(news=news, people=people_of(actor.organisation, team_id=None, owner_id=system.owner_id), now=now)
    hook, _ = create_webhook(
        actor=actor, name="Chat", url="https://chat.example.com/hook", shape="slack", kinds=["check.failing"], at=now
    )
    ping(actor=actor, webhook_id=hook.pk, at=now)
    turn_on(actor=actor, system=system, at=now)
    claims = [("repository", "meridian-labs/card-fraud-scoring-service"), ("ref", "refs/heads/main")]
    issuer = "https://token.actions.githubusercontent.com"
    binding = add_binding(actor=actor, system_id=system.pk, kind="github", issuer=issuer, claims=claims, at=now)
    return {
        "mapping": f"/o/meridian/systems/{system.slug}/mapping/",
        "model version": f"/o/meridian/systems/{system.slug}/model-versions/fraud-2026.11.3/",
        "badge": f"/o/meridian/systems/{system.slug}/badge/",
        "notices": "/o/meridian/notices/",
        "choices": "/account/notices/",
        "deliveries": f"/o/meridian/webhooks/{hook.pk}/",
        "binding": f"/o/meridian/keyless/{binding.pk}/",
    }


@contextmanager
def scene() -> Iterator[Scene]:
    """The server, running."""
    # The session made here is the server's own when both sign with the same key.
    live = start_live(SECRET_KEY=settings.SECRET_KEY)
    try:
        with live.orm():
            made = _make(live)
        yield made
    finally:
        live.stop()
