"""A team session in Chromium against the real server: five people vote, one of them reveals, they agree and finalise."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from accounts.models import Role
from assessments.models import Answer, Assessment
from tests.browser.assessing import Scene, clean, scene
from tests.support.browser import Faults

PHONE = {"width": 360, "height": 740}
TEAM = ("ines", "marc", "nora", "omar", "pia")
VOTES = {"data-1": ("none", "manual", "automated", "automated", "none"), "data-2": ("manual",) * 5}


@pytest.fixture
def made(django_db_blocker: object) -> Iterator[Scene]:
    with django_db_blocker.unblock(), scene() as made:  # type: ignore[attr-defined]
        for name in TEAM[2:]:
            made.admit(name, Role.ASSESSOR)
        yield made


def press(page: Page, role: str, name: str) -> None:
    page.get_by_role(role, name=name).click()  # type: ignore[arg-type]


def choose(page: Page, test: str, choice: str) -> None:
    page.locator(f"#{test} label[for={test}-{choice}]").click()


def saved(page: Page, test: str) -> None:
    expect(page.locator(f"#{test} [data-saved]")).to_have_text("Saved")


def join(page: Page, made: Scene, code: str) -> None:
    page.goto(f"{made.live.url}/o/meridian/sessions/")
    page.get_by_label("Code").fill(code.lower())
    page.keyboard.press("Enter")
    press(page, "button", "Join the session")


def lose_the_line(page: Page, faults: Faults) -> None:
    """A vote cast without a connection is kept and sent when there is one."""
    page.context.set_offline(True)
    choose(page, "data-3", "unsure")
    expect(page.locator("#data-3 [data-saved]")).to_have_text("Offline, trying again")
    page.context.set_offline(False)
    saved(page, "data-3")
    faults.expect("net::ERR_INTERNET_DISCONNECTED")


def wait_in_vain(page: Page) -> None:
    """A vote that nobody answers is given up and sent again."""
    page.evaluate("AbortSignal.timeout = ((wait) => () => wait.call(AbortSignal, 2000))(AbortSignal.timeout)")
    unanswered: list[Route] = []

    def keep_one(route: Route) -> None:
        if route.request.method == "POST" and not unanswered:
            unanswered.append(route)
        else:
            route.continue_()

    page.route("**/sessions/**", keep_one)
    choose(page, "data-3", "none")
    expect(page.locator("#data-3 [data-saved]")).to_have_text("Offline, trying again")
    saved(page, "data-3")
    assert len(unanswered) == 1


def test_five_browsers_vote_reveal_agree_and_finalise(browser: Browser, made: Scene) -> None:
    with ExitStack() as stack:
        lead, _ = stack.enter_context(made.visit(browser, "ines", viewport={"width": 1280, "height": 900}))
        pairs = [stack.enter_context(made.visit(browser, who, viewport=PHONE)) for who in TEAM]
        phones = [page for page, _ in pairs]
        lead.goto(made.form)
        press(lead, "link", "open a team session")
        lead.get_by_label("Anonymous").check()
        press(lead, "button", "Open the session")
        code = lead.locator(".session-code").inner_text()
        for number, phone in enumerate(phones):
            join(phone, made, code)
            for test, choices in VOTES.items():
                choose(phone, test, choices[number])
                saved(phone, test)
        clean(phones[0])
        wait_in_vain(phones[1])
        lose_the_line(*pairs[1])
        # The room follows without a reload, by numbers alone.
        expect(lead.locator("p[data-live=progress]")).to_have_text("0 of 5 have answered.")
        expect(lead.locator("[data-live=data-1]")).to_have_text("5")
        expect(lead.locator("[data-live=data-3]")).to_have_text("1")
        clean(lead)
        press(lead, "button", "Reveal the votes on Feature expectations")
        expect(lead.locator("#data-1")).to_contain_text("Two levels apart")
        # A phone that somebody is at work on is told; nothing moves under the finger.
        expect(phones[2].locator("[data-outdated]")).to_be_visible()
        press(phones[2], "link", "Show what is new")
        expect(phones[2].locator("#data-1")).to_have_count(0)
        # Late votes are not counted, and say so.
        choose(phones[3], "data-1", "none")
        expect(phones[3].locator("#data-1 [data-saved]")).to_have_text("Revealed before this came: not counted")
        press(lead, "link", "Reveal all")
        press(lead, "button", "Reveal all votes")
        expect(lead.locator("#notices")).to_contain_text("1 test stays hidden")
        expect(lead.locator(".spread").first).to_contain_text(
            re.compile(r"None\s+2 votes\s+Manual\s+1 vote\s+Automated\s+2 votes")
        )
        phones[4].goto(f"{made.live.url}/o/meridian/sessions/{code}/")
        lead.locator("label[for=agree-data-1-manual]").click()
        lead.locator("#agree-data-1-why").fill("By hand at each release.")
        lead.locator("#data-1").get_by_role("button").click()
        # Those who look on see the agreement without a reload.
        expect(phones[4].locator("#data-1")).to_contain_text("Agreed: Manual")
        clean(phones[4])
        clean(lead)
        press(lead, "link", "End the session")
        expect(lead.locator("main")).to_contain_text("Lost for good, unseen: 1 hidden vote.")
        press(lead, "button", "Close the session")
        lead.goto(f"{made.form}review/")
        press(lead, "button", "Finalise for good")
        lead.locator(".kept summary").click()
        expect(lead.locator(".kept")).to_contain_text("Agreed: Manual")
        clean(lead)
    with made.live.orm():
        answer = Answer.objects.get(assessment=made.draft, test="data-1")
        assert (answer.level, answer.justification) == ("manual", "By hand at each release.")
        assert Assessment.objects.get(pk=made.draft.pk).status == "final"


def test_voting_without_javascript_and_by_keyboard(browser: Browser, made: Scene) -> None:
    with made.visit(browser, "ines") as (lead, _):
        lead.goto(f"{made.form}session/")
        lead.get_by_label("Named").focus()
        lead.keyboard.press("Space")
        lead.keyboard.press("Enter")
        code = lead.locator(".session-code").inner_text()
    with made.visit(browser, "marc", viewport=PHONE, java_script_enabled=False) as (page, _):
        join(page, made, code)
        page.locator("#data-1-none").focus()
        for key in ("Space", "ArrowRight", "ArrowRight"):
            page.keyboard.press(key)
        press(page, "button", "Save my answers")
        expect(page.locator("#data-1-automated")).to_be_checked()
        expect(page.locator("#notices")).to_contain_text("Your answers are saved.")
