"""The page of a system's plan: its targets, its steps, and what any choice of steps would give, without a script."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts.models import Membership, Organisation
from assessments.models import System
from rubric.loader import builtin
from tests.cast import NOW
from tests.dashboards.pages import BUDGET, address, read, text_of
from tests.factories import assess, make_system

SignIn = Callable[[Membership], Client]
RUBRIC = builtin()["ml-test-score-2017"]
pytestmark = pytest.mark.django_db


@pytest.fixture
def system(organisation: Organisation) -> System:
    """Everything is done by hand, but for two tests of monitoring, one of which another one leans on."""
    made = make_system(organisation, NOW)
    assess(made, NOW, dict.fromkeys(RUBRIC.tests, "manual") | {"data-1": "none", "monitor-7": "none"})
    return made


def checked(html: str) -> list[str]:
    """The steps that are counted in."""
    boxes = re.findall(r"<input type=\"checkbox\"[^>]*>", html, re.S)
    return [re.findall(r'value="([^"]*)"', box)[0] for box in boxes if re.search(r"\schecked", box)]


def test_without_a_target_the_plan_goes_one_band_up(system: System, viewer: Membership, sign_in: SignIn) -> None:
    html = read(sign_in(viewer), address(system, "plan/"))
    words = text_of(html)
    assert "2 steps to 3.5, cost 2" in words and "3.5 from 3.0" in words
    assert "Strong 3.5 Exceptional 5.5" in words
    assert checked(html) == ["data-3.automated", "monitor-4.automated"]
    assert "Data is below the target. Automates what is done by hand. Little work." in words
    assert (
        "(monitor-2) leans on “Feature expectations are captured in a schema” (data-1), which holds no credit." in words
    )


def test_any_choice_of_steps_shows_the_score_to_come(system: System, viewer: Membership, sign_in: SignIn) -> None:
    client = sign_in(viewer)
    half = read(client, address(system, "plan/?target=3.5&choose=yes&step=data-3.automated"))
    assert checked(half) == ["data-3.automated"]
    assert "3.0 from 3.0" in text_of(half) and "With 1 chosen step, cost 1." in text_of(half)
    other = "plan/?target=3.5&choose=yes&step=data-1.automated&step=monitor-7.automated&step=no-test.manual&step=%00"
    words = text_of(read(client, address(system, other)))
    assert "3.5 from 3.0" in words and "With 4 chosen steps, cost 12." in words
    none = text_of(read(client, address(system, "plan/?choose=yes")))
    assert "3.0 from 3.0" in none and "With 0 chosen steps" in none


@pytest.mark.parametrize("target", ["", "x", "7.5", "-1", "NaN", "1e999", "0.1234567", "%00"])
def test_what_is_no_score_is_refused_beside_its_field(
    system: System, viewer: Membership, sign_in: SignIn, target: str
) -> None:
    html = read(sign_in(viewer), address(system, f"plan/?target={target}"), 400)
    assert 'id="target-fault"' in html and "No plan" in html


def test_a_target_below_the_score_and_the_top_of_the_rubric_need_no_step(
    organisation: Organisation, system: System, viewer: Membership, sign_in: SignIn
) -> None:
    client = sign_in(viewer)
    assert "Nothing to do" in text_of(read(client, address(system, "plan/?target=1")))
    done = make_system(organisation, NOW, name="Done")
    assess(done, NOW, dict.fromkeys(RUBRIC.tests, "automated"))
    assert "Every category has all its points." in text_of(read(client, address(done, "plan/")))


def test_shares_are_planned_in_percent_to_the_target(
    organisation: Organisation, viewer: Membership, sign_in: SignIn
) -> None:
    shares = make_system(organisation, NOW, name="Shares", rubric="key-principles", target_score=40)
    words = text_of(read(sign_in(viewer), address(shares, "plan/")))
    assert "The next step 12.5 % 25 % The system’s target 40 % 50 % 75 % 100 %" in words
    assert "steps to 40 %" in words


def test_the_page_costs_at_most_twelve_statements(
    system: System, viewer: Membership, sign_in: SignIn, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    client = sign_in(viewer)
    with django_assert_max_num_queries(BUDGET):
        read(client, address(system, "plan/?target=7"))
