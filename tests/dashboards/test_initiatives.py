"""Initiatives: started from a plan, done when the facts say so, shown over time, and kept to their organisation."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import date
from fractions import Fraction

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.actors import Actor
from accounts.errors import Invalid
from accounts.models import Activity, Membership, Organisation
from assessments.initiatives import StepDetails, WantedStep, add_steps, create_initiative, update_initiative
from assessments.models import Initiative, System
from scores.initiatives import progress_of
from tests.cast import NOW
from tests.dashboards.pages import BUDGET, address, read, text_of
from tests.factories import DAY, assess, make_system, post

SignIn = Callable[[Membership], Client]
BASE = "/o/acme/initiatives/"
pytestmark = pytest.mark.django_db


@pytest.fixture
def system(organisation: Organisation) -> System:
    return make_system(organisation, NOW)


@pytest.fixture
def initiative(system: System, owner: Membership) -> Initiative:
    """Two steps of one system, begun at NOW."""
    steps = [WantedStep(system, "data-1", "manual"), WantedStep(system, "data-1", "automated")]
    return create_initiative(actor=Actor.of(owner), title="Schemas", steps=steps, at=NOW)


def test_steps_are_done_when_the_facts_say_so_and_fall_back_when_they_lapse(
    initiative: Initiative, system: System, owner: Membership
) -> None:
    post(system, ["data-1"], [NOW + DAY, NOW + 2 * DAY], NOW + 2 * DAY)
    add_steps(
        actor=Actor.of(owner),
        initiative=initiative,
        steps=[WantedStep(system, "data-2", "manual"), WantedStep(system, "data-1", "manual")],
        at=NOW + 3 * DAY,
    )
    (now,) = progress_of([initiative], NOW + 4 * DAY)
    assert [(each.step.test, each.step.level, each.done_since) for each in now.steps] == [
        ("data-1", "manual", NOW + DAY),
        ("data-1", "automated", NOW + 2 * DAY),
        ("data-2", "manual", None),
    ]
    half = Fraction(1, 2)
    expected = [(0, 2, 0), (1, 2, 1), (2, 2, 2), (3, 3, 2)]
    assert [(point.at, point.planned, point.done) for point in now.burn_up] == [
        (NOW + day * DAY, planned * half, done * half) for day, planned, done in expected
    ]
    assert (now.planned, now.done, now.steps_done) == (3 * half, Fraction(1), 2)
    (later,) = progress_of([initiative], NOW + 60 * DAY)
    assert later.done == 0 and [point.done for point in later.burn_up] == [0, half, 1, 1, half, 0]


def test_a_step_done_before_it_was_resolved_on_counts_from_the_start(system: System, owner: Membership) -> None:
    assess(system, NOW - DAY, {"data-1": "manual"})
    steps = [WantedStep(system, "data-1", "manual")]
    made = create_initiative(actor=Actor.of(owner), title="Late", steps=steps, at=NOW)
    (progress,) = progress_of([made], NOW)
    assert [(point.planned, point.done) for point in progress.burn_up] == [(Fraction(1, 2), Fraction(1, 2))]


def test_what_the_plan_proposes_becomes_an_initiative_with_owners_and_dates(
    system: System, assessor: Membership, sign_in: SignIn
) -> None:
    client = sign_in(assessor)
    words = text_of(read(client, address(system, "plan/")))
    assert "Start an initiative" in words
    new = address(system, "plan/initiative/")
    shown = text_of(read(client, f"{new}?target=0.5&step=data-3.manual&step=model-1.manual&step=x.y&step=data-1.none"))
    assert "2 steps No feature's cost is too much to manual Model specs are reviewed" in shown
    assert "No step is chosen." in text_of(read(client, new))
    chosen = {"step": ["data-3.manual", "model-1.manual"]}
    assert client.post(new, chosen | {"title": " "}).status_code == 400
    assert client.post(new, {"title": "Nothing"}).status_code == 400
    assert client.post(new, chosen | {"title": "Up one band", "due_on": "2026-07-01"}).status_code == 302
    made = Initiative.objects.get()
    other = make_system(system.organisation, NOW, name="Churn")
    assert client.post(address(other, "plan/initiative/"), chosen | {"initiative": made.pk}).status_code == 302
    assert made.steps.count() == 4
    first = made.steps.earliest("pk")
    fields = {
        "title": "=SUM(1)",
        "purpose": "",
        "due_on": "",
        f"owner-{first.pk}": assessor.person_id,
        f"due-{first.pk}": "2026-06-15",
        f"issue-{first.pk}": "https://tracker.example.com/ML-7",
        f"out-{made.steps.latest('pk').pk}": "on",
    }
    assert client.post(f"{BASE}{made.pk}/edit/", fields).status_code == 302
    assert made.steps.count() == 3
    page = read(client, f"{BASE}{made.pk}/")
    assert "15 Jun 2026, overdue" in text_of(page) and 'href="https://tracker.example.com/ML-7"' in page
    rows = list(csv.reader(io.StringIO(client.get(f"{BASE}{made.pk}/csv/").content.decode("utf-8-sig"))))
    assert rows[1] == [
        "card-fraud-scoring", "data-3", "No feature's cost is too much", "manual", "0.5", "no", "",
        "Axel", "2026-06-15", "https://tracker.example.com/ML-7",
    ]  # fmt: skip
    assert len(rows) == 4
    assert "0 of 3" in text_of(read(client, BASE))
    assert client.post(f"{BASE}{made.pk}/delete/").status_code == 302
    assert not Initiative.objects.exists()
    actions = [line.action for line in Activity.objects.filter(action__startswith="initiative.").order_by("pk")]
    assert actions == ["initiative.created", *["initiative.changed"] * 2, "initiative.deleted"]


@pytest.mark.parametrize("issue", ["javascript:alert(1)", "ftp://example.com", "https://", "x y"])
def test_a_link_to_an_issue_is_a_web_address(
    initiative: Initiative, assessor: Membership, sign_in: SignIn, issue: str
) -> None:
    step = initiative.steps.earliest("pk")
    fields = {"title": "Schemas", f"issue-{step.pk}": issue}
    assert sign_in(assessor).post(f"{BASE}{initiative.pk}/edit/", fields).status_code == 400
    step.refresh_from_db()
    assert step.issue_url == ""


def test_nothing_crosses_organisations(
    initiative: Initiative, system: System, owner: Membership, stranger: Membership, elsewhere: Organisation
) -> None:
    theirs = Actor.of(stranger)
    foreign = make_system(elsewhere, NOW, name="Secret")
    with pytest.raises(Invalid):
        create_initiative(actor=theirs, title="Spy", steps=[WantedStep(system, "data-1", "manual")], at=NOW)
    with pytest.raises(Initiative.DoesNotExist):
        add_steps(actor=theirs, initiative=initiative, steps=[WantedStep(foreign, "data-1", "manual")], at=NOW)
    details = [StepDetails(initiative.steps.earliest("pk").pk, stranger.person, date(2026, 7, 1), "")]
    with pytest.raises(Invalid):
        update_initiative(
            actor=Actor.of(owner), initiative=initiative, title="Schemas", purpose="", due_on=None,
            details=details, removed=[], at=NOW,
        )  # fmt: skip
    assert not Initiative.objects.visible_to(stranger).exists()


def test_pages_cost_at_most_twelve_statements(
    initiative: Initiative,
    system: System,
    owner: Membership,
    sign_in: SignIn,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    others = [make_system(system.organisation, NOW, name=f"System {number}") for number in range(3)]
    steps = [WantedStep(each, test, "manual") for each in others for test in ("data-1", "data-2")]
    add_steps(actor=Actor.of(owner), initiative=initiative, steps=steps, at=timezone.now())
    client = sign_in(owner)
    for page in ("", f"{initiative.pk}/", f"{initiative.pk}/edit/", f"{initiative.pk}/csv/"):
        with django_assert_max_num_queries(BUDGET):
            assert client.get(BASE + page).status_code == 200
