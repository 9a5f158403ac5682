"""The pages of assessing, as a browser without JavaScript and as htmx ask for them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.actors import Actor
from accounts.models import Membership
from assessments.changes import AnswerChange
from assessments.models import Answer, Assessment, System
from assessments.operations import save_answers, start_assessment
from assessments.systems import update_system
from dashboards.assessing.forms import digest
from tests.factories import assess, make_system, post

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
SignIn = Callable[[Membership], Client]


@pytest.fixture
def system(assessor: Membership) -> System:
    return make_system(assessor.organisation, timezone.now() - 400 * DAY, slug="fraud")


@pytest.fixture
def draft(assessor: Membership, system: System) -> Assessment:
    return start_assessment(actor=Actor.of(assessor), system=system, at=timezone.now())


@pytest.fixture
def client(assessor: Membership, sign_in: SignIn) -> Client:
    return sign_in(assessor)


BELOW = "/o/acme/systems/fraud/assessments/"


def form_of(draft: Assessment) -> str:
    return f"{BELOW}{draft.pk}/"


def posted(
    test: str, level: str, why: str = "", links: tuple[str, ...] = (), version: int = 0, was: str = ""
) -> dict[str, Any]:
    """The fields of one answer; `was` is the fingerprint of an untouched blank one unless given."""
    return {
        f"{test}-level": level,
        f"{test}-justification": why,
        f"{test}-link": list(links),
        f"{test}-version": str(version),
        f"{test}-was": was or digest("", "", []),
    }


def statements(queries: CaptureQueriesContext) -> list[str]:
    """What was sent to the database, transaction control aside."""
    control = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE", "ROLLBACK")
    return [query["sql"] for query in queries.captured_queries if not query["sql"].startswith(control)]


def answered(draft: Assessment) -> dict[str, str]:
    return dict(Answer.objects.filter(assessment=draft).values_list("test", "level"))


def test_starting_blank_or_carried_forward(client: Client, system: System) -> None:
    assess(system, timezone.now() - 20 * DAY, {"data-1": "manual"})
    response = client.post(BELOW + "start/", {"carry": "1"})
    draft = Assessment.objects.get(status="draft")
    assert (response.status_code, response["Location"]) == (302, form_of(draft))
    assert answered(draft) == {"data-1": "manual"}
    assert client.post(BELOW + "start/").headers["Location"] == BELOW
    assert "open draft already" in client.get(BELOW).content.decode()
    assert Assessment.objects.filter(status="draft").count() == 1


def test_one_answer_is_saved_with_few_statements(client: Client, system: System, draft: Assessment) -> None:
    now = timezone.now()
    post(system, list(draft_tests()), [now - 2 * DAY, now - DAY], now)
    client.post(form_of(draft) + "answers/data-1/", posted("data-1", "manual"))
    with CaptureQueriesContext(connection) as queries:
        response = client.post(
            form_of(draft) + "answers/data-2/", posted("data-2", "automated", "In CI.", ("https://a.example",))
        )
    page = " ".join(response.content.decode().split())
    assert response.status_code == 200
    assert 'id="data-2-state" data-state="saved"' in page
    assert 'name="data-2-version" value="1"' in page
    assert page.count('hx-swap-oob="true"') == 6
    assert len(statements(queries)) <= 8, statements(queries)


def draft_tests() -> list[str]:
    return [f"{category}-{number}" for category in ("data", "model", "infra", "monitor") for number in range(1, 8)]


def test_the_form_opens_with_few_statements(client: Client, assessor: Membership, system: System) -> None:
    now = timezone.now()
    for age in (90, 60, 30):
        assess(system, now - age * DAY, dict.fromkeys(draft_tests(), "manual"))
    post(system, draft_tests(), [now - days * DAY for days in range(1, 20)], now)
    draft = start_assessment(actor=Actor.of(assessor), system=system, at=now, carry_forward=True)
    finals = Assessment.objects.filter(status="final").first()
    assert finals is not None
    for place in (
        form_of(draft),
        form_of(draft) + "review/",
        form_of(finals),
        BELOW,
        form_of(draft) + "answers/data-1/",
    ):
        with CaptureQueriesContext(connection) as queries:
            assert client.get(place).status_code == 200
        assert len(statements(queries)) <= 10, (place, statements(queries))


def test_a_stale_answer_shows_both_versions(client: Client, draft: Assessment) -> None:
    place = form_of(draft) + "answers/data-1/"
    client.post(place, posted("data-1", "automated", "<b>Theirs</b>"))
    response = client.post(place, posted("data-1", "manual", "Mine"))
    page = response.content.decode()
    assert response.status_code == 409
    assert "Axel changed this answer" in page
    assert "<b>Automated</b>: “&lt;b&gt;Theirs&lt;/b&gt;”" in page
    assert "<b>Manual</b>: “Mine”" in page
    assert answered(draft) == {"data-1": "automated"}
    assert client.post(place, posted("data-1", "automated", "<b>Theirs</b>")).status_code == 200


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        (posted("data-1", "na"), "Say why the test does not apply."),
        (posted("data-1", "great"), "One of none, manual, automated."),
        (posted("data-1", "manual", links=("javascript:alert(1)",)), "is no http or https address"),
        (posted("data-1", "manual", "x" * 10_001), "At most 10000 characters."),
    ],
)
def test_a_wrong_answer_says_why(client: Client, draft: Assessment, fields: dict[str, Any], says: str) -> None:
    response = client.post(form_of(draft) + "answers/data-1/", fields)
    assert response.status_code == 422
    assert says in response.content.decode()
    assert answered(draft) == {}


@pytest.mark.parametrize("version", ["", "-1", "x", "9" * 30, "١"])
def test_a_senseless_version_is_stale(client: Client, draft: Assessment, version: str) -> None:
    fields = posted("data-1", "manual") | {"data-1-version": version}
    assert client.post(form_of(draft) + "answers/data-1/", fields).status_code == 409


def test_nul_and_line_ends_are_made_plain(client: Client, draft: Assessment) -> None:
    client.post(form_of(draft) + "answers/data-1/", posted("data-1", "manual", " one\r\ntwo\x00\rthree "))
    assert Answer.objects.get().justification == "one\ntwo\nthree"


def test_a_whole_page_saves_what_was_touched(client: Client, draft: Assessment) -> None:
    place = form_of(draft)
    fields = posted("data-1", "manual") | posted("data-2", "na") | posted("data-3", "automated") | posted("data-4", "")
    client.post(place + "answers/data-3/", posted("data-3", "none", "Theirs"))
    response = client.post(place, fields)
    page = " ".join(response.content.decode().split())
    assert response.status_code == 409
    assert answered(draft) == {"data-1": "manual", "data-3": "none"}
    assert 'id="data-2-na" value="na" checked' in page
    assert 'id="data-3-automated" value="automated" checked' in page
    assert "Say why the test does not apply." in page
    assert "Keep theirs" in page
    kept = client.post(place, posted("data-3", "automated") | {"keep": "mine data-3 1"})
    assert kept.status_code == 302
    assert answered(draft) == {"data-1": "manual", "data-3": "automated"}


def test_an_untouched_outdated_answer_is_no_conflict(client: Client, draft: Assessment) -> None:
    client.post(form_of(draft) + "answers/data-1/", posted("data-1", "manual"))
    response = client.post(form_of(draft), posted("data-1", "") | posted("data-2", "manual") | {"next": "review"})
    assert response["Location"] == form_of(draft) + "review/"
    assert answered(draft) == {"data-1": "manual", "data-2": "manual"}


def test_keeping_theirs_drops_mine(client: Client, draft: Assessment) -> None:
    client.post(form_of(draft) + "answers/data-1/", posted("data-1", "manual"))
    response = client.post(form_of(draft), posted("data-1", "automated") | {"keep": "theirs data-1"})
    assert response.status_code == 302
    assert answered(draft) == {"data-1": "manual"}


def test_the_review_names_changes_and_contradictions(client: Client, assessor: Membership, system: System) -> None:
    now = timezone.now()
    assess(system, now - 50 * DAY, {"data-1": "manual", "data-2": "manual"})
    post(system, ["data-2"], [now - 41 * DAY], now)
    actor = Actor.of(assessor)
    draft = start_assessment(actor=actor, system=system, at=now, carry_forward=True)
    save_answers(actor=actor, assessment=draft, changes=[AnswerChange("data-1", level="automated")], at=now)
    page = client.get(form_of(draft) + "review/").content.decode()
    changes, _, rest = page.partition("What evidence contradicts")
    assert "Feature expectations are captured in a schema" in changes
    assert "All features are beneficial" not in changes
    assert "Evidence says less: claimed manual; last run 41 days ago, lapsed 11 days ago." in rest
    assert "Not answered: 26" in rest
    response = client.post(form_of(draft) + "finalise/", follow=True)
    assert "The assessment is final." in response.content.decode()
    assert Assessment.objects.get(pk=draft.pk).status == "final"
    assert client.post(form_of(draft) + "answers/data-1/", posted("data-1", "none")).status_code == 422
    assert client.get(form_of(draft) + "review/")["Location"] == form_of(draft)


def test_a_draft_of_a_left_edition_says_so(
    client: Client, assessor: Membership, system: System, draft: Assessment
) -> None:
    update_system(actor=Actor.of(assessor), system=system, changes={"rubric": "key-principles"}, at=timezone.now())
    assert "can no longer be finalised" in client.get(form_of(draft)).content.decode()
    assert client.post(form_of(draft) + "answers/data-1/", posted("data-1", "manual")).status_code == 200
    assert "Finalise for good" not in client.get(form_of(draft) + "review/").content.decode()
    assert "moved to key-principles" in client.post(form_of(draft) + "finalise/", follow=True).content.decode()
    assert Assessment.objects.get(pk=draft.pk).is_draft


def test_the_form_of_the_other_rubrics(client: Client, assessor: Membership) -> None:
    for rubric in ("key-principles", "ml-test-score-2016"):
        system = make_system(assessor.organisation, timezone.now() - DAY, name=rubric, rubric=rubric)
        draft = start_assessment(actor=Actor.of(assessor), system=system, at=timezone.now())
        place = f"/o/acme/systems/{system.slug}/assessments/{draft.pk}/"
        for page in (place, place + "review/", f"/o/acme/rubric/{rubric}/"):
            assert client.get(page).status_code == 200


def test_discarding_asks_and_names_what_is_lost(client: Client, draft: Assessment) -> None:
    client.post(form_of(draft) + "answers/data-1/", posted("data-1", "manual", "x", ("https://a.example",)))
    page = client.get(form_of(draft) + "discard/").content.decode()
    assert "1 answer, 1 of them with a justification, and 1 link." in page
    assert Assessment.objects.exists()
    assert client.post(form_of(draft) + "discard/")["Location"] == BELOW
    assert not Assessment.objects.exists()
    assert client.post(form_of(draft) + "answers/data-1/", posted("data-1", "manual")).status_code == 404


def test_voiding_needs_a_reason_and_stays_readable(admin: Membership, sign_in: SignIn, system: System) -> None:
    now = timezone.now()
    every = dict.fromkeys(draft_tests(), "manual")
    assess(system, now - 50 * DAY, every)
    final = assess(system, now - 20 * DAY, dict.fromkeys(draft_tests(), "automated"))
    client = sign_in(admin)
    page = client.get(form_of(final) + "void/").content.decode()
    assert "now 7.0, then <b>3.5</b>" in page
    for reason in ("", "  ", "x" * 2001):
        assert client.post(form_of(final) + "void/", {"reason": reason}).status_code == 400
    page = client.post(form_of(final) + "void/", {"reason": "Wrong <system>."}, follow=True).content.decode()
    assert "“Wrong &lt;system&gt;.” It counts nothing at any time." in page
    assert "voided" in client.get(BELOW).content.decode()


def upload(client: Client, text: str, **fields: str) -> Any:
    return client.post(BELOW + "upload/", {"file": SimpleUploadedFile("old.csv", text.encode()), **fields})


def test_an_upload_is_previewed_and_then_a_draft(client: Client, system: System) -> None:
    response = upload(client, 'Test;Score;Notes\n"All features are beneficial";0,5;"=1+1"\n')
    page = response.content.decode()
    assert response.status_code == 200
    assert "1 of 28 tests answered" in page
    assert not Assessment.objects.exists()
    text = response.context["text"]
    stored = client.post(BELOW + "upload/", {"text": text, "confirmed": "1", "on": ""})
    draft = Assessment.objects.get()
    assert stored["Location"] == form_of(draft)
    answer = draft.answers.get()
    assert (draft.status, answer.test, answer.level, answer.justification) == ("draft", "data-2", "manual", "=1+1")
    again = client.post(BELOW + "upload/", {"text": text, "confirmed": "1", "on": ""})
    assert (again.status_code, Assessment.objects.count()) == (400, 1)


def test_a_wrong_upload_stores_nothing(client: Client, system: System) -> None:
    response = upload(client, "key,level\ndata-1,manual\ndata-2,often\ndata-77,manual\n", confirmed="1")
    page = response.content.decode()
    assert response.status_code == 400
    assert "2 faults" in page
    assert "B (level)" in page
    assert "&#x27;data-77&#x27; is no test of" in page
    assert client.post(BELOW + "upload/").status_code == 400
    assert not Assessment.objects.exists()


def test_only_an_admin_imports_the_past(client: Client, admin: Membership, sign_in: SignIn, system: System) -> None:
    text = "key,level\ndata-1,manual\n"
    assert upload(client, text, on="2025-03-01", confirmed="1").status_code == 400
    admins = sign_in(admin)
    for day in ("2999-01-01", "1999-12-31", "yesterday"):
        assert upload(admins, text, on=day, confirmed="1").status_code == 400
    assert not Assessment.objects.exists()
    assert "marked as imported" in upload(admins, text, on="2025-03-01").content.decode()
    upload(admins, text, on="2025-03-01", confirmed="1")
    final = Assessment.objects.get()
    assert (final.status, final.imported, f"{final.effective_at:%Y-%m-%d %H:%M}") == ("final", True, "2025-03-01 00:00")
    assert "imported" in admins.get(form_of(final)).content.decode()


def test_an_export_can_be_uploaded_again(client: Client, system: System) -> None:
    final = assess(system, timezone.now() - DAY, {"data-1": "automated", "data-2": "na"})
    exported = client.get(form_of(final) + "csv/")
    assert exported["Content-Type"].startswith("text/csv")
    assert exported["Content-Disposition"].startswith("attachment")
    upload(client, exported.content.decode("utf-8-sig"), confirmed="1")
    draft = Assessment.objects.get(status="draft")
    contents = [{each.test: each.content() for each in found.answers.all()} for found in (final, draft)]
    assert contents[0] == contents[1]
