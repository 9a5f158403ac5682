"""Two people at one assessment in Chromium against the real server: conflicts, a second reader, and without JavaScript."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from django.utils import timezone
from playwright.sync_api import Browser, Page, Route, expect

from accounts.actors import Actor
from assessments.models import Assessment
from assessments.operations import start_assessment
from tests.browser.assessing import DAY, Scene, choose, clean, lost, saved, stored
from tests.factories import assess, make_system

TEXT = "Ablation of all 41 features."


def test_two_people_and_a_lost_connection(browser: Browser, made: Scene) -> None:
    with made.visit(browser) as (ines, ines_faults), made.visit(browser, "marc") as (marc, marc_faults):
        ines.goto(made.form)
        marc.goto(made.form)
        # Ines loses the connection while she types.
        ines.context.set_offline(True)
        choose(ines, "model-5", "manual")
        ines.locator("#model-5-justification").fill("Logistic regression loses 4.1 points.")
        expect(ines.locator("#model-5-state .saved")).to_have_text("Offline, kept in this browser")
        # Meanwhile Marc answers the same test.
        choose(marc, "model-5", "automated")
        marc.locator("#model-5-justification").fill("Retrained weekly in CI.")
        saved(marc, "model-5")
        # The level may have been saved before the text was.
        while stored(made, "model-5")[1] == "":
            marc.wait_for_timeout(100)
        # Back online, her answer is refused; both versions are shown, and hers is still in its fields.
        ines.context.set_offline(False)
        conflict = ines.locator("#model-5 .conflict")
        expect(conflict).to_contain_text("Marc Okafor changed this answer")
        expect(conflict).to_contain_text("Automated: “Retrained weekly in CI.”")
        expect(conflict).to_contain_text("Manual: “Logistic regression loses 4.1 points.”")
        expect(ines.locator("#model-5-justification")).to_have_value("Logistic regression loses 4.1 points.")
        expect(ines.locator("#model-5-state .saved")).to_have_text("Not saved")
        assert stored(made, "model-5") == ("automated", "Retrained weekly in CI.")
        clean(ines)
        # A reload loses nothing either.
        ines.reload()
        expect(conflict).to_be_visible()
        expect(ines.locator("#model-5-justification")).to_have_value("Logistic regression loses 4.1 points.")
        ines.get_by_role("button", name="Keep mine").click()
        saved(ines, "model-5")
        assert stored(made, "model-5") == ("manual", "Logistic regression loses 4.1 points.")
        # Now Marc's page is the outdated one; he keeps hers.
        choose(marc, "model-5", "none")
        marc.get_by_role("button", name="Keep theirs").click()
        expect(marc.locator("#model-5-justification")).to_have_value("Logistic regression loses 4.1 points.")
        expect(marc.locator("#model-5-manual")).to_be_checked()
        saved(marc, "model-5")
        lost(ines_faults, "net::ERR_INTERNET_DISCONNECTED")
        ines_faults.expect("409")
        marc_faults.expect("409")


def test_what_others_save_arrives_but_never_under_the_cursor(browser: Browser, made: Scene) -> None:
    with made.visit(browser) as (ines, _), made.visit(browser, "marc") as (marc, _):
        ines.goto(made.form)
        marc.goto(made.form)
        expect(ines.locator("#people")).to_have_text("Also here: Marc Okafor", timeout=15_000)
        ines.locator("#infra-3-none").focus()
        before = ines.locator("#score-panel .mini-facts dd").first.inner_text()
        choose(marc, "infra-3", "manual")
        saved(marc, "infra-3")
        choose(marc, "infra-4", "automated")
        marc.locator("#infra-4-justification").fill("Replayed nightly.")
        saved(marc, "infra-4")
        # The test that Ines is not in shows it, with the score; the one she is in waits until she leaves it.
        expect(ines.locator("#infra-4-automated")).to_be_checked(timeout=15_000)
        expect(ines.locator("#infra-4-justification")).to_have_value("Replayed nightly.", timeout=15_000)
        expect(ines.locator("#score-panel .mini-facts dd").first).not_to_have_text(before)
        expect(ines.locator("#infra-3 .saved")).to_contain_text("Marc Okafor changed this")
        expect(ines.locator("#infra-3-none")).to_be_focused()
        ines.locator("#infra-7-none").focus()
        expect(ines.locator("#infra-3-manual")).to_be_checked()
        # And what she answers then is no conflict.
        choose(ines, "infra-3", "automated")
        saved(ines, "infra-3")
        assert stored(made, "infra-3")[0] == "automated"


def test_an_answer_from_before_a_save_of_ones_own_is_not_told_as_news(browser: Browser, made: Scene) -> None:
    with made.visit(browser) as (page, _):
        held: list[Route] = []
        page.route("**/live/", lambda route: held.append(route), times=1)
        with page.expect_request("**/live/"):
            page.goto(made.form)
        choose(page, "model-6", "manual")
        saved(page, "model-6")
        with page.expect_response("**/live/"):
            held.pop().continue_()
        with page.expect_response("**/live/"):
            pass
        saved(page, "model-6")


def test_without_javascript(browser: Browser, made: Scene) -> None:
    with made.visit(browser, java_script_enabled=False) as (page, faults), made.visit(browser, "marc") as (marc, _):
        page.goto(made.form)
        marc.goto(made.form)
        choose(marc, "monitor-1", "automated")
        saved(marc, "monitor-1")
        choose(page, "monitor-1", "manual")
        choose(page, "monitor-2", "automated")
        page.locator("#monitor-2 summary").last.click()
        page.locator("#monitor-2-justification").fill(TEXT)
        page.locator("#monitor-2-link").fill("https://git.example.com/ablation")
        page.locator(".rail-actions").get_by_role("button", name="Save").click()
        # Monitor-2 is saved; monitor-1 shows both versions.
        expect(page.locator("#monitor-1 .conflict")).to_contain_text("Theirs")
        assert stored(made, "monitor-2") == ("automated", TEXT)
        assert stored(made, "monitor-1")[0] == "automated"
        expect(page.locator("#monitor-1-manual")).to_be_checked()
        expect(page.locator("#monitor-2 .links a")).to_have_text("https://git.example.com/ablation")
        page.locator("#monitor-1").get_by_role("button", name="Keep mine").click()
        expect(page.locator(".conflict")).to_have_count(0)
        assert stored(made, "monitor-1")[0] == "manual"
        page.get_by_role("button", name="Remove the link https://git.example.com/ablation").click()
        expect(page.locator("#monitor-2 .links a")).to_have_count(0)
        page.get_by_role("button", name="Review and finalise").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Review before finalising")
        faults.expect("409")


@contextmanager
def second_reader(made: Scene) -> Iterator[tuple[str, Assessment]]:
    """Somebody else approves; a system with a draft, and another one whose answers it may take over."""
    organisation, now = made.system.organisation, timezone.now()
    with made.live.orm():
        sibling = make_system(organisation, now - 90 * DAY, name="Chargebacks", slug="chargebacks")
        assess(sibling, now - 9 * DAY, {"data-1": "manual", "infra-1": "automated", "infra-2": "manual"}, why=TEXT)
        organisation.second_reader = True
        organisation.save()
        system = make_system(organisation, now - 90 * DAY, name="Refunds", slug="refunds")
        draft = start_assessment(actor=Actor(organisation), system=system, at=now)
    yield f"{made.live.url}/o/meridian/systems/refunds/assessments/{draft.pk}/", draft
    with made.live.orm():
        organisation.second_reader = False
        organisation.save()


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name).click()


def test_copied_answers_are_confirmed_submitted_sent_back_and_approved(browser: Browser, made: Scene) -> None:
    phone = {"width": 360, "height": 740}
    with ExitStack() as stack:
        place, draft = stack.enter_context(second_reader(made))
        marc, _ = stack.enter_context(made.visit(browser, "marc"))
        # Ines works on a phone without JavaScript; axe needs some, so it looks at the same pages in another one.
        ines, _ = stack.enter_context(made.visit(browser, viewport=phone, java_script_enabled=False))
        twin, _ = stack.enter_context(made.visit(browser, viewport=phone))

        def look() -> None:
            twin.goto(ines.url)
            clean(twin)

        ines.goto(place)
        ines.get_by_role("link", name="Copy answers of another system").click()
        ines.get_by_role("link", name="Chargebacks").click()
        ines.get_by_role("link", name="Choose all").click()
        look()
        ines.get_by_label("Model specs are unit tested").uncheck()
        press(ines, "Copy the chosen answers")
        expect(ines.locator("#notices")).to_contain_text("2 answers are copied from Chargebacks")
        expect(ines.locator(".unseen")).to_have_count(2)
        look()
        press(ines, "Confirm Feature expectations")
        expect(ines.locator(".unseen")).to_have_count(1)
        assert ines.url.endswith("#data-1"), "back where the button was"
        press(ines, "Confirm all of")
        expect(ines.locator(".unseen")).to_have_count(0)
        ines.locator(".dock").get_by_role("button", name="Review").click()
        press(ines, "Submit for approval")
        expect(ines.locator("#notices")).to_contain_text("waits for approval")
        look()
        # Marc is the second reader.
        marc.goto(place)
        clean(marc)
        marc.goto(f"{place}review/")
        clean(marc)
        marc.get_by_label("Remarks").fill("Which release was it trained on?")
        press(marc, "Send back")
        expect(marc.locator("#notices")).to_contain_text("sent back")
        ines.goto(place)
        expect(ines.locator(".remarks")).to_contain_text("Which release was it trained on?")
        look()
        ines.goto(f"{place}review/")
        press(ines, "Submit for approval")
        expect(ines.locator("#notices")).to_contain_text("waits for approval")
        marc.goto(f"{place}review/")
        press(marc, "Approve and finalise")
        expect(marc.get_by_text(TEXT).first).to_be_visible()
    with made.live.orm():
        answers = Assessment.objects.get(pk=draft.pk, status="final").answers.values_list(
            "test", "level", "justification"
        )
        assert set(answers) == {("data-1", "manual", TEXT), ("infra-1", "automated", TEXT)}
