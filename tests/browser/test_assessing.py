"""Assessing in Chromium against the real server: live score, keys, what is kept while the server is away, every page."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Route, expect

from tests.browser.assessing import Scene, choose, clean, lost, saved, stored

# In milliseconds; the pause between two attempts doubles, up to half of it.
LONGEST_RETRY = 60_000


def test_an_answer_is_saved_by_itself_and_the_score_follows(browser: Browser, made: Scene) -> None:
    with made.visit(browser) as (page, _):
        page.goto(made.form)
        sum_of_data = page.locator("#sum-data b")
        before = float(sum_of_data.inner_text())
        answered = page.locator("#score-panel .mini-facts dd").first.inner_text()
        choose(page, "data-3", "automated")
        saved(page, "data-3")
        expect(sum_of_data).to_have_text(f"{before + 1:.1f}")
        expect(page.locator("#score-panel .mini-facts dd").first).not_to_have_text(answered)
        page.locator("#data-3-justification").fill("Latency budget in CI.")
        page.locator("#data-3-link").fill("https://git.example.com/budget")
        page.locator("#data-3-link").press("Enter")
        expect(page.locator("#data-3 .links a")).to_have_text("https://git.example.com/budget")
        saved(page, "data-3")
        page.reload()
        expect(page.locator("#data-3-automated")).to_be_checked()
        expect(page.locator("#data-3-justification")).to_have_value("Latency budget in CI.")
        page.get_by_role("button", name="Remove the link https://git.example.com/budget").click()
        saved(page, "data-3")
        answer = made.answer("data-3")
        assert answer is not None
        assert (answer.level, answer.evidence) == ("automated", [])


def test_the_evidence_line_follows_the_choice(browser: Browser, made: Scene) -> None:
    with made.visit(browser) as (page, _):
        page.goto(made.form)
        line = page.locator("#data-4 .says:visible")
        expect(line).to_contain_text("Evidence says less: claimed automated; last run 41 days ago")
        choose(page, "data-4", "none")
        expect(line).to_contain_text("No fresh runs: lapsed 11 days ago")
        choose(page, "data-4", "automated")
        saved(page, "data-4")
        expect(page.locator("#data-1 .says:visible")).to_contain_text("Evidence agrees: fresh until")


def test_not_applicable_asks_for_the_reason_first(browser: Browser, made: Scene) -> None:
    with made.visit(browser) as (page, _):
        page.goto(made.form)
        choose(page, "data-6", "na")
        expect(page.locator("#data-6-state .saved")).to_contain_text("Say why it does not apply")
        expect(page.locator("#data-6-justification")).to_be_focused()
        assert made.answer("data-6") is None
        page.keyboard.type("No new features are planned.")
        saved(page, "data-6")
        assert stored(made, "data-6") == ("na", "No new features are planned.")


def test_what_was_typed_survives_a_reload_while_the_server_is_away(browser: Browser, made: Scene) -> None:
    with made.visit(browser) as (page, faults):
        page.goto(made.form)
        # Taking the route away would leave a request for ever that is on it at that moment.
        away = True
        page.route("**/answers/**", lambda route: route.abort("connectionfailed") if away else route.continue_())
        choose(page, "model-4", "manual")
        page.locator("#model-4-justification").fill("Compared with last month's model.")
        expect(page.locator("#model-4-state .saved")).to_have_text("Offline, kept in this browser")
        page.reload()
        expect(page.locator("#model-4-justification")).to_have_value("Compared with last month's model.")
        expect(page.locator("#model-4-manual")).to_be_checked()
        assert made.answer("model-4") is None
        # It is tried again by itself.
        away = False
        expect(page.locator("#model-4-state .saved")).to_have_text("Saved", timeout=LONGEST_RETRY)
        assert stored(made, "model-4") == ("manual", "Compared with last month's model.")
        assert page.evaluate("Object.keys(localStorage).filter((key) => key.startsWith('mlscore:'))") == []
        lost(faults, "net::ERR_CONNECTION_FAILED")


def test_a_lost_reply_is_no_conflict(browser: Browser, made: Scene) -> None:
    with made.visit(browser) as (page, faults):
        page.goto(made.form)
        page.route("**/answers/model-7/", lambda route: (route.fetch(), route.abort("connectionreset")), times=1)
        choose(page, "model-7", "automated")
        saved(page, "model-7")
        answer = made.answer("model-7")
        assert answer is not None
        assert (answer.level, answer.version) == ("automated", 1)
        lost(faults, "net::ERR_CONNECTION_RESET")


def test_a_save_that_nobody_answers_is_given_up_and_tried_again(browser: Browser, made: Scene) -> None:
    with made.visit(browser) as (page, faults):
        page.goto(made.form)
        row = page.locator("#infra-6")
        expect(row).to_have_attribute("hx-request", '{"timeout": 15000}')
        row.evaluate("row => row.setAttribute('hx-request', '{\"timeout\": 3000}')")
        unanswered: list[Route] = []
        page.route("**/answers/infra-6/", lambda route: unanswered.append(route), times=1)
        choose(page, "infra-6", "manual")
        saved(page, "infra-6")
        assert len(unanswered) == 1
        assert stored(made, "infra-6")[0] == "manual"
        for part in ("htmx:afterRequest", "htmx:timeout"):
            faults.expect(part)


def test_a_link_entered_while_another_save_is_under_way_is_saved_too(browser: Browser, made: Scene) -> None:
    with made.visit(browser) as (page, _):
        page.goto(made.form)
        held: list[Route] = []
        page.route("**/answers/data-7/", lambda route: held.append(route), times=1)
        choose(page, "data-7", "manual")
        page.locator("#data-7-link").fill("https://git.example.com/tests")
        page.locator("#data-7-link").press("Enter")
        held.pop().continue_()
        expect(page.locator("#data-7 .links a")).to_have_text("https://git.example.com/tests")
        saved(page, "data-7")
        answer = made.answer("data-7")
        assert answer is not None
        assert answer.evidence == ["https://git.example.com/tests"]


def test_keys_act_inside_a_test_only(browser: Browser, made: Scene) -> None:
    with made.visit(browser) as (page, _):
        page.goto(made.form)
        page.keyboard.press("a")
        page.locator("#infra-1-none").focus()
        page.keyboard.press("m")
        expect(page.locator("#infra-1-manual")).to_be_checked()
        saved(page, "infra-1")
        page.keyboard.press("j")
        page.keyboard.press("a")
        expect(page.locator("#infra-2-automated")).to_be_checked()
        page.keyboard.press("g")
        expect(page.locator("#infra-2 .guide p").first).to_be_visible()
        page.keyboard.press("k")
        expect(page.locator("#infra-1-manual")).to_be_focused()
        page.locator("#infra-2-justification").focus()
        page.keyboard.type("nmaxjkg12?/")
        expect(page.locator("#infra-2-justification")).to_have_value("nmaxjkg12?/")
        expect(page.locator("#infra-2-automated")).to_be_checked()
        saved(page, "infra-2")


def test_a_test_is_found_and_answered_by_keys_alone(browser: Browser, made: Scene) -> None:
    with made.visit(browser, viewport={"width": 360, "height": 740}) as (page, _):
        page.goto(made.form)
        page.keyboard.press("?")
        keys = page.get_by_role("dialog", name="Keys")
        expect(keys).to_contain_text("next test, previous test")
        clean(page)
        page.keyboard.press("Escape")
        expect(keys).to_be_hidden()
        page.keyboard.press("/")
        page.keyboard.type("canaried")
        expect(page.locator("#save-status")).to_have_text("1 of 28 tests shown")
        page.keyboard.press("Enter")
        page.keyboard.press("3")
        expect(page.locator("#infra-6-automated")).to_be_checked()
        saved(page, "infra-6")
        expect(page.locator("#save-status")).to_contain_text("Saved. ")
        expect(page.locator("#save-status")).to_contain_text(": Automated. Score ")
        assert stored(made, "infra-6")[0] == "automated"
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
        page.keyboard.press("/")
        page.keyboard.press("Escape")
        page.locator("#narrow").select_option("open")
        expect(page.locator("#infra-6")).to_be_hidden()
        page.locator("#narrow").select_option("all")
        page.get_by_role("button", name="Keys").click()
        page.get_by_label("Use these keys").uncheck()
        page.get_by_role("button", name="Close").click()
        page.locator("#infra-6-automated").focus()
        page.keyboard.press("1")
        expect(page.locator("#infra-6-automated")).to_be_checked()


def test_review_waits_for_what_is_being_saved(browser: Browser, made: Scene) -> None:
    with made.visit(browser) as (page, _):
        page.goto(made.form)
        page.locator("#infra-5 summary").last.click()
        page.locator("#infra-5-justification").fill("Typed a moment before.")
        page.get_by_role("button", name="Review and finalise").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Review before finalising")
        assert stored(made, "infra-5") == ("none", "Typed a moment before.")


@pytest.mark.parametrize(("width", "colours"), [(360, "dark"), (1440, "light")])
def test_pages_fit_and_are_accessible(browser: Browser, made: Scene, width: int, colours: str) -> None:
    organisation = f"{made.live.url}/o/meridian/"
    system = f"{organisation}systems/{made.system.slug}/"
    finals = f"{made.below}{made.draft.pk - 1}/"
    places = [made.form, made.below, made.form + "review/", made.form + "discard/", made.below + "upload/", finals]
    places += [finals + "void/", organisation + "rubric/", organisation + "rubric/ml-test-score-2017/"]
    places += [
        organisation + "webhooks/",
        organisation + "members/",
        made.form + "attachments/data-1/",
        made.below + "tests/data-1/",
    ]
    places += [
        system + "edit/",
        system + "rules/",
        system + "edition/",
        system + "retire/",
        organisation + "systems/new/",
    ]
    with made.visit(browser, viewport={"width": width, "height": 800}, color_scheme=colours) as (page, _):
        for place in places:
            response = page.goto(place)
            assert response is not None
            assert response.status == 200, place
            assert page.evaluate("document.documentElement.scrollWidth") <= width, place
            violations = Axe().run(page).response["violations"]
            assert not violations, (place, [(each["id"], each["nodes"][0]["html"]) for each in violations])


def test_a_viewer_reads_the_draft(browser: Browser, made: Scene) -> None:
    with made.visit(browser, "vera") as (page, _):
        page.goto(made.form)
        expect(page.locator("input[type=radio]")).to_have_count(0)
        expect(page.get_by_role("heading", level=1)).to_have_text("Assessment, draft")


def test_proposals_and_what_was_taken_over_are_decided_in_place(browser: Browser, made: Scene) -> None:
    with made.visit(browser) as (page, _):
        page.goto(made.form)
        # Evidence lapsed: it proposes none where Automated is carried.
        proposal = page.locator("#data-4 .proposal")
        choose(page, "data-4", "automated")
        saved(page, "data-4")
        expect(proposal).to_contain_text("Evidence proposes None: No run in the last 30 days")
        expect(page.locator("#model-1 .unseen")).to_contain_text("not looked at")
        page.locator("#data-4-talk").click()
        expect(page.get_by_role("dialog").get_by_label("Comment")).to_be_visible()
        clean(page)
        page.keyboard.press("Escape")
        page.locator("#data-4-automated").focus()
        page.keyboard.press("p")
        expect(page.locator("#data-4-none")).to_be_checked()
        saved(page, "data-4")
        expect(proposal).to_be_hidden()
        choose(page, "data-4", "automated")
        saved(page, "data-4")
        proposal.get_by_role("button", name="Decline").click()
        expect(proposal).to_have_count(0)
        assert stored(made, "data-4")[0] == "automated"
        # Carried answers are confirmed one by one, or by category.
        page.locator("#model-1-manual").focus()
        page.keyboard.press("c")
        expect(page.locator("#model-1 .unseen")).to_have_count(0)
        expect(page.locator("#save-status")).to_contain_text("Confirmed.")
        page.get_by_role("button", name="Confirm all of").first.click()
        expect(page.locator(".unseen")).to_have_count(0)
        expect(page.locator(".confirm-all")).to_have_count(0)
        page.reload()
        expect(page.locator(".unseen")).to_have_count(0)
