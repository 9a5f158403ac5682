"""The page's frame and the error pages, rendered alone."""

from __future__ import annotations

import re

import pytest
from django.http import HttpRequest
from django.template import Context, Template
from django.template.loader import get_template
from django.test import RequestFactory

from accounts.models import Membership, Organisation


def get(path: str) -> HttpRequest:
    return RequestFactory().get(path)


def words(html: str) -> str:
    return " ".join(re.sub("<[^>]*>", " ", html).split())


def top(path: str, *memberships: Membership) -> str:
    context = {"membership": memberships[0], "memberships": memberships, "request": get(path)}
    return " ".join(Template('{% include "components/top.html" %}').render(Context(context)).split())


@pytest.mark.parametrize(
    ("path", "exact", "attribute"),
    [
        ("/o/a/", False, ' aria-current="page"'),
        ("/o/a/systems/b/", False, ' aria-current="true"'),
        ("/o/a/systems/b/", True, ""),
        ("/o/b/", False, ""),
        ("/o/a/tokens/new/", True, ' aria-current="true"'),
        ("/o/a/systems/tokens/", True, ""),
    ],
)
def test_the_navigation_says_where_one_is(path: str, exact: bool, attribute: str) -> None:
    html = Template('{% load layout %}{% current request.path "/o/a/" exact=exact places="teams tokens" %}').render(
        Context({"request": get(path), "exact": exact})
    )
    assert html == attribute


@pytest.mark.parametrize("status", ["400", "500"])
def test_errors_without_a_request_can_still_be_shown(status: str) -> None:
    html = get_template(f"{status}.html").render()
    assert words(html).count(status) == 1
    assert "css/page.css" in html


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("403", "403 You may not do this"),
        ("403_csrf", "403 This form has expired"),
        ("404", "404 Nothing here"),
        ("405", "405 Nothing to show"),
        ("429", "429 Too many attempts"),
    ],
)
def test_errors_say_what_to_do_next(template: str, text: str) -> None:
    html = get_template(f"{template}.html").render({}, get("/nowhere/"))
    assert text in words(html)
    assert '<a href="/">Go to the start page</a>' in html
    assert 'class="skip"' in html


@pytest.mark.parametrize("role", ["viewer", "assessor", "admin", "owner"])
@pytest.mark.urls("tests.dashboards.frame")
def test_every_member_finds_the_organisation_and_its_settings(role: str) -> None:
    organisation = Organisation(name="Meridian <Labs>", slug="meridian")
    html = top("/o/meridian/", Membership(organisation=organisation, role=role))
    assert '<a href="/o/meridian/" aria-current="page">Organisation</a>' in html
    assert "Meridian &lt;Labs&gt;" in html
    assert "<details" not in html
    assert '<a href="/o/meridian/settings/">Settings</a>' in html


@pytest.mark.urls("tests.dashboards.frame")
def test_who_has_several_organisations_can_switch() -> None:
    memberships = [
        Membership(organisation=Organisation(pk=pk, name=f"Org {pk}", slug=f"org-{pk}"), role="viewer") for pk in (1, 2)
    ]
    html = top("/o/org-1/systems/a/", *memberships)
    assert '<a href="/o/org-1/" aria-current="true">Org 1</a>' in html
    assert '<a href="/o/org-2/">Org 2</a>' in html
    assert '<a href="/o/org-1/#systems" aria-current="true">Systems</a>' in html
