"""A server with a draft that two people may edit, and their browsers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta

from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from accounts.actors import Actor
from accounts.models import Membership, Role
from assessments.models import Answer, Assessment, System
from assessments.operations import start_assessment
from tests.factories import assess, make_member, make_organisation, make_system, post
from tests.support.browser import Faults, watched_page
from tests.support.live import Live, start_live

DAY = timedelta(days=1)
WHOLE = {"resultTypes": ["violations"]}
# All that a theme changes.
CONTRAST = {**WHOLE, "runOnly": ["color-contrast"]}


@dataclass
class Scene:
    """One system with a past and an open draft, and the cookies of two assessors and a viewer."""

    live: Live
    system: System
    draft: Assessment
    sessions: dict[str, str]

    @property
    def below(self) -> str:
        """Where the system's assessments are."""
        return f"{self.live.url}/o/meridian/systems/{self.system.slug}/assessments/"

    @property
    def form(self) -> str:
        return f"{self.below}{self.draft.pk}/"

    def answer(self, test: str) -> Answer | None:
        """The stored answer."""
        with self.live.orm():
            return Answer.objects.filter(assessment=self.draft, test=test).first()

    def admit(self, name: str, role: Role) -> None:
        """One more member, who may `visit`."""
        with self.live.orm():
            self.sessions[name] = _session(make_member(self.system.organisation, role, name.title()))

    @contextmanager
    def visit(self, browser: Browser, who: str = "ines", **context: object) -> Iterator[tuple[Page, Faults]]:
        """A page of this person's, in a browser context of its own."""
        with watched_page(browser, **context) as (page, faults):
            cookie = {"name": settings.SESSION_COOKIE_NAME, "value": self.sessions[who], "url": self.live.url}
            page.context.add_cookies([cookie])  # type: ignore[list-item]
            yield page, faults


@contextmanager
def scene() -> Iterator[Scene]:
    """The server, running."""
    with ExitStack() as stack:
        # The sessions made here are the server's own when both sign with the same key.
        live = start_live(SECRET_KEY=settings.SECRET_KEY)
        stack.callback(live.stop)
        with live.orm():
            made = _make(live)
        yield made


def _make(live: Live) -> Scene:
    now = timezone.now()
    organisation = make_organisation()
    people = {
        "ines": make_member(organisation, Role.OWNER, "Ines Duarte"),
        "marc": make_member(organisation, Role.ASSESSOR, "Marc Okafor"),
        "vera": make_member(organisation, Role.VIEWER, "Vera Lind"),
    }
    system = make_system(organisation, now - 500 * DAY, slug="card-fraud-scoring")
    assess(
        system, now - 30 * DAY, {"data-1": "automated", "data-2": "manual", "data-4": "automated", "model-1": "manual"}
    )
    post(system, ["data-1"], [now - 2 * DAY, now - DAY], now)
    post(system, ["data-4"], [now - 42 * DAY, now - 41 * DAY], now)
    actor = Actor(organisation, person=people["ines"].person)
    draft = start_assessment(actor=actor, system=system, at=now, carry_forward=True)
    return Scene(live, system, draft, {name: _session(member) for name, member in people.items()})


def _session(member: Membership) -> str:
    client = Client()
    client.force_login(member.person)
    return client.cookies[settings.SESSION_COOKIE_NAME].value


def choose(page: Page, test: str, value: str) -> None:
    page.locator(f"label[for={test}-{value}]").click()


def saved(page: Page, test: str) -> None:
    expect(page.locator(f"#{test}-state .saved")).to_have_text("Saved")


def lost(faults: Faults, error: str) -> None:
    """A lost connection was provoked: the browser and htmx both say so."""
    for part in (error, "htmx:afterRequest", "htmx:sendError"):
        faults.expect(part)


def stored(made: Scene, test: str) -> tuple[str, str]:
    answer = made.answer(test)
    assert answer is not None
    return ("na" if answer.not_applicable else answer.level), answer.justification


def clean(page: Page) -> None:
    """Nothing for axe to report in light and in dark, and nothing wider than the screen."""
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    for colours, options in (("dark", CONTRAST), ("light", WHOLE)):
        # At once: colours half-way between two themes have a contrast of their own.
        page.emulate_media(color_scheme=colours, reduced_motion="reduce")  # type: ignore[arg-type]
        violations = Axe().run(page, options=options).response["violations"]
        assert not violations, [(colours, each["id"], each["nodes"][0]["html"]) for each in violations]
