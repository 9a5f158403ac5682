"""Comparing systems, and one system at two dates, in the HTML alone."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.models import Membership, Organisation
from scores.reading import full_score
from tests.dashboards.pages import read, text_of
from tests.factories import DAY, assess, fraud_story, make_system

SignIn = Callable[[Membership], Client]
PAGE = "/o/acme/compare/"
pytestmark = pytest.mark.django_db


def test_systems_stand_beside_each_other(
    organisation: Organisation,
    elsewhere: Organisation,
    viewer: Membership,
    sign_in: SignIn,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    now = timezone.now()
    for name in ("One", "Two", "Three", "Four", "Five", "Six", "Seven"):
        assess(make_system(organisation, now - 90 * DAY, name=name), now - 50 * DAY, {"data-1": "manual"})
    other = make_system(organisation, now - 90 * DAY, name="Docs", rubric="key-principles")
    assess(other, now - 50 * DAY, {})
    make_system(organisation, now, name="Silent")
    make_system(elsewhere, now, name="Secret")
    client = sign_in(viewer)
    with django_assert_max_num_queries(12):
        html = read(client, PAGE + "?system=one&system=docs&system=silent&system=one&system=&system=secret")
    words = text_of(html)
    assert "3 systems as of" in words and "No system has the name secret here." in words
    assert "not in its rubric" in words and "Not assessed" in words
    assert 'href="/o/acme/systems/one/tests/data-1/"' in html
    found = read(client, PAGE + "?system=docs&system=OCS&system=one")
    assert 'href="?system=docs&amp;system=docs&amp;system=one">Docs</a>' in found
    everybody = "&".join(f"system={name}" for name in ("one", "two", "three", "four", "five", "six", "seven"))
    every = read(client, f"{PAGE}?{everybody}")
    assert "6 systems as of" in text_of(every) and "Feature expectations" in every
    only = read(client, PAGE + "?system=one&system=two&only=differences")
    assert "Feature expectations" not in only


def test_a_system_at_two_dates_tells_what_changed_and_through_what(
    organisation: Organisation,
    owner: Membership,
    viewer: Membership,
    sign_in: SignIn,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    now = timezone.now()
    fraud = fraud_story(organisation, now, by=owner.person, name="Fraud")
    then = (now - 60 * DAY).replace(hour=23, minute=59, second=59, microsecond=999999)
    rise = full_score(fraud, now).total.score.score - full_score(fraud, then).total.score.score
    recorded_by = fraud.assessments.latest("effective_at").recorded_by
    client = sign_in(viewer)
    with django_assert_max_num_queries(12):
        html = read(client, f"{PAGE}?system=fraud&since={now - 60 * DAY:%Y-%m-%d}")
    words = text_of(html)
    assert rise > 0 and f"The score rose by {float(rise):.1f}" in words
    assert "evidence lapsed, automated to manual" in words and "evidence lapsed, manual to none" in words
    assert f"assessment by {recorded_by} claims" in words and "proves manual" in words
    assert "run_id=canary%20" in html
    assert "No claim and no evidence differs" in read(client, f"{PAGE}?system=fraud&since={now:%Y-%m-%d}")


@pytest.mark.parametrize("query", ["system=fraud&since=2026-13-01", "at=never", "at=2020-01-01&since=2021-01-01"])
def test_dates_that_are_none_are_refused(
    organisation: Organisation, viewer: Membership, sign_in: SignIn, query: str
) -> None:
    read(sign_in(viewer), f"{PAGE}?{query}", 400)


def test_without_a_system_the_page_says_what_to_do(
    organisation: Organisation, viewer: Membership, sign_in: SignIn
) -> None:
    assert "See the first steps" in read(sign_in(viewer), PAGE)
