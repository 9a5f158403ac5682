"""The pages that show scores, in Chromium against the real server: charts, themes, widths, accessibility, no JavaScript."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import unquote

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

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
from tests.browser.assessing import clean
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
from tests.support.browser import watched_page
from tests.support.live import Live, start_live

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
WIDTHS = [360, 768, 1440, 1920]


@dataclass
class Scene:
    """An organisation with systems of every kind, and an empty one; both owned by who visits."""

    live: Live
    session: str
    pages: dict[str, str]

    @contextmanager
    def visit(self, browser: Browser, place: str, width: int = 1440, **context: object) -> Iterator[Page]:
        """This place's page, loaded; it must not complain of anything."""
        with watched_page(browser, viewport={"width": width, "height": 900}, **context) as (page, _):
            cookie = {"name": settings.SESSION_COOKIE_NAME, "value": self.session, "url": self.live.url}
            page.context.add_cookies([cookie])  # type: ignore[list-item]
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


@pytest.fixture(scope="module")
def scene(django_db_blocker: object) -> Iterator[Scene]:
    with django_db_blocker.unblock():  # type: ignore[attr-defined]
        # The session made here is the server's own when both sign with the same key.
        live = start_live(SECRET_KEY=settings.SECRET_KEY)
        try:
            with live.orm():
                made = _make(live)
            yield made
        finally:
            live.stop()


PLACES = [
    "organisation",
    "heat map",
    "gaps",
    "moved",
    "lapses",
    "roll-ups",
    "compare",
    "changes",
    "empty",
    "system",
    "past",
    "shares",
    "unassessed",
    "connect",
    "plan",
    "initiative",
    "initiative owners",
    "test",
    "explain",
    "timeline",
    "results",
    "result",
    "mapping",
    "model version",
    "badge",
    "notices",
    "choices",
    "deliveries",
    "binding",
    "report",
    "organisation report",
]


@pytest.mark.parametrize(
    ("place", "theme"), [("organisation", "light"), ("system", "dark"), ("past", "light"), ("shares", "dark")]
)
def test_charts_mount_under_the_policy_and_follow_the_theme(
    browser: Browser, scene: Scene, place: str, theme: str
) -> None:
    with scene.visit(browser, place, color_scheme=theme) as page:
        chart = page.locator("figure .chart")
        expect(chart.locator(".main-svg").first).to_be_visible()
        score = chart.locator(".scatterlayer .trace .lines path").first
        before = score.evaluate("line => getComputedStyle(line).stroke")
        page.locator("[data-theme-toggle]").click()
        expect(page.locator("html")).to_have_attribute("data-theme", "dark" if theme == "light" else "light")
        page.wait_for_function(
            "before => getComputedStyle(document.querySelector('.scatterlayer .trace .lines path')).stroke !== before",
            arg=before,
        )


def test_a_range_button_narrows_the_chart(browser: Browser, scene: Scene) -> None:
    with scene.visit(browser, "system") as page:
        year, quarter = (page.get_by_role("button", name=name, exact=True) for name in ("1 y", "3 m"))
        expect(year).to_have_attribute("aria-pressed", "true")
        start = "() => document.querySelector('.chart').layout.xaxis.range[0]"
        before = page.evaluate(start)
        quarter.focus()
        page.keyboard.press("Enter")
        expect(quarter).to_have_attribute("aria-pressed", "true")
        expect(year).to_have_attribute("aria-pressed", "false")
        assert page.evaluate(start) > before


def test_a_click_in_the_chart_leads_to_that_instant(browser: Browser, scene: Scene) -> None:
    with scene.visit(browser, "system") as page:
        chart = page.locator("figure .chart")
        expect(chart.locator(".main-svg").first).to_be_visible()
        box = chart.bounding_box()
        assert box is not None
        page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 3)
        expect(chart.locator(".hoverlayer .legend")).to_be_visible()
        page.mouse.down()
        page.mouse.up()
        page.wait_for_url("**/?at=*")
        expect(page.get_by_text("This is the system as of")).to_be_visible()
        instants = page.evaluate("() => JSON.parse(document.getElementById('trend-figure').textContent).data[0].x")
        asked = unquote(page.url.partition("?at=")[2])
        assert asked.rstrip("Z").replace("T", " ") in instants


@pytest.mark.parametrize("place", PLACES)
def test_pages_are_accessible_and_never_scroll_sideways(browser: Browser, scene: Scene, place: str) -> None:
    with scene.visit(browser, place) as page:
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            page.emulate_media(color_scheme="dark" if width in (768, 1440) else "light")
            assert page.evaluate("document.documentElement.scrollWidth") <= width, width
            if width in (360, 1440):
                violations = Axe().run(page).response["violations"]
                assert not violations, [(width, each["id"], each["nodes"][0]["html"]) for each in violations]


@pytest.mark.parametrize("place", ["organisation", "system"])
def test_nothing_moves_when_the_chart_mounts(browser: Browser, scene: Scene, place: str) -> None:
    with scene.visit(browser, place) as page:
        expect(page.locator("figure .chart .main-svg").first).to_be_visible()
        shift = page.evaluate(
            "() => new Promise(done => new PerformanceObserver(list => done(list.getEntries()"
            ".reduce((sum, entry) => sum + entry.value, 0))).observe({type: 'layout-shift', buffered: true})"
            " || setTimeout(() => done(0), 500))"
        )
        assert shift < 0.01


def test_without_javascript_every_number_stands_in_the_page(browser: Browser, scene: Scene) -> None:
    with scene.visit(browser, "system", java_script_enabled=False) as page:
        expect(page.locator(".score b")).to_have_text("2.5")
        expect(page.locator(".chart")).to_be_hidden()
        expect(page.locator(".chart-summary")).to_be_visible()
        page.get_by_text("As a table").click()
        expect(page.get_by_role("region", name="Score over time, as a table")).to_be_visible()
        assert page.locator("table.tests tbody tr:not(.group)").count() == 28
    with scene.visit(browser, "organisation", java_script_enabled=False) as page:
        page.get_by_label("Find").fill("search ranking")
        page.get_by_role("button", name="Apply").click()
        expect(page.locator("table.systems tbody tr")).to_have_count(1)


def test_leaving_out_a_step_of_the_plan_shows_the_score_to_come(browser: Browser, scene: Scene) -> None:
    with scene.visit(browser, "plan") as page:
        score = page.locator("#outlook .score b")
        expect(score).to_have_text("3.5")
        page.get_by_role("checkbox", name="Count in step 1").press("Space")
        expect(score).to_have_text("3.0")
        clean(page)


def test_every_number_leads_to_its_facts_by_keyboard(browser: Browser, scene: Scene) -> None:
    with scene.visit(browser, "organisation") as page:
        page.locator("table.systems").get_by_role("link", name="Card fraud scoring").press("Enter")
        page.get_by_role("link", name="Model quality is sufficient on important data slices").first.press("Enter")
        expect(page.get_by_role("heading", name="Why this is verified as automated")).to_be_visible()
        page.locator("table.result-list th a").first.press("Enter")
        expect(page.get_by_text("country=BR: 0.71")).to_be_visible()


def test_arrows_move_through_the_heat_map_and_enter_opens_a_cell(browser: Browser, scene: Scene) -> None:
    with scene.visit(browser, "heat map") as page:
        first = page.locator("table.heat tbody th[scope=row] a").first
        first.focus()
        for key in ("End", "ArrowLeft", "ArrowDown", "Home", "ArrowRight"):
            page.keyboard.press(key)
        chosen = page.locator("table.heat tbody a:focus")
        assert page.locator("table.heat tbody a[tabindex='0']").count() == 1
        assert (chosen.get_attribute("href") or "").endswith("/tests/data-1/")
        page.keyboard.press("Enter")
        page.wait_for_url("**/tests/data-1/")


def test_a_result_is_voided_once_it_was_asked(browser: Browser, scene: Scene) -> None:
    with scene.visit(browser, "results") as page:
        page.locator("table.result-list th a").last.click()
        page.get_by_text("It is wrong and must not count").click()
        page.get_by_label("Why is it wrong?").fill("Read the wrong table.")
        page.get_by_role("button", name="Void the result for good").click()
        expect(page.get_by_text("Read the wrong table.")).to_be_visible()
        expect(page.get_by_text("It is voided and counts nothing, at any time.")).to_be_visible()
