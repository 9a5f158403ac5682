"""The pages of model versions: what ran on one, and the way there."""

from __future__ import annotations

import re
from datetime import datetime
from urllib.parse import unquote, urljoin, urlsplit

import pytest
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from accounts.models import Membership, Organisation
from assessments.models import System
from evidence.models import Result
from tests.dashboards.pages import BUDGET, SignIn, address, read, text_of
from tests.factories import DAY, HOUR, all_tests, assess, fraud_story, make_system, post

pytestmark = pytest.mark.django_db


def page_of(system: System, version: str) -> str:
    return reverse("system-model-version", args=[system.organisation.slug, system.slug, version])


def test_a_version_shows_what_failed_what_is_missing_and_what_passed(
    organisation: Organisation, viewer: Membership, sign_in: SignIn, now: datetime
) -> None:
    system = make_system(organisation, now - 9 * DAY)
    assess(system, now - 8 * DAY, {"data-1": "manual", "data-2": "manual"})
    post(system, ["data-1"], [now - 2 * HOUR], now, model_version="v7", commit="8f21c0d", dataset_version="d3")
    post(system, ["model-6"], [now - HOUR], now, model_version="v7", status="failed")
    words = text_of(read(sign_in(viewer), page_of(system, "v7")))
    assert "Not ready 1 test failed on it and 1 required test has not run on it." in words
    assert "Passed 1 of 3" in words and "Commit 8f21c0d" in words and "Dataset version d3" in words
    assert words.index("Failed 1 Model") < words.index("Not run, and required 1") < words.index("Not run, and not")
    post(system, ["data-2", "model-6"], [now - HOUR / 2], now, model_version="v7")
    words = text_of(read(sign_in(viewer), page_of(system, "v7")))
    assert "Ready to serve? Ready 3 required tests ran on it, and none failed." in words
    System.objects.filter(pk=system.pk).update(results_kept_from=now)
    words = text_of(read(sign_in(viewer), page_of(system, "v7")))
    assert "were removed by retention; what ran on this version before may be missing here" in words


@pytest.mark.parametrize("version", ["models:/fraud/7", "<script>alert(1)</script>", "two\nlines", "100 %?#"])
def test_a_result_leads_to_its_version_and_so_does_the_list(
    organisation: Organisation, viewer: Membership, sign_in: SignIn, now: datetime, version: str
) -> None:
    system = make_system(organisation, now - DAY)
    client = sign_in(viewer)
    assert "No result names a model version yet." in text_of(read(client, address(system, "model-versions/")))
    post(system, ["data-1"], [now - HOUR], now, model_version=version)
    link = f'href="{page_of(system, version)}"'
    assert link in read(client, address(system, f"results/{Result.objects.get().pk}/"))
    assert link in read(client, address(system, "model-versions/"))
    assert "<script>alert" not in read(client, page_of(system, version))
    read(client, address(system, "model-versions/none/"), 404)
    read(client, address(system, "model-versions/?cursor=x"), 400)


@pytest.mark.parametrize("version", ["..", ".", "models/../7", "./v1", "v1/.."])
def test_a_version_whose_name_is_a_step_in_a_path_has_an_address_that_browsers_keep(
    organisation: Organisation, viewer: Membership, sign_in: SignIn, now: datetime, version: str
) -> None:
    system = make_system(organisation, now - DAY)
    client = sign_in(viewer)
    post(system, ["data-1"], [now - HOUR], now, model_version=version)
    for page in (f"results/{Result.objects.get().pk}/", "model-versions/"):
        link = re.search(r'href="([^"]*model-versions/[^"]+)"', read(client, address(system, page)))
        assert link is not None
        # As a browser does, percent-encoded dots too.
        kept = urljoin("https://mlscore.example", unquote(urlsplit(link[1]).path)) + "?" + urlsplit(link[1]).query
        assert f">{version}</h1>" in read(client, kept.removeprefix("https://mlscore.example"))
    read(client, address(system, "model-versions/?version=none"), 404)
    read(client, address(system, "model-versions/?version=%00"), 404)


def test_version_pages_cost_at_most_twelve_statements(
    organisation: Organisation,
    owner: Membership,
    sign_in: SignIn,
    now: datetime,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    system = fraud_story(organisation, now, by=owner.person)
    for hour in range(60):
        tests = all_tests(system) if hour < 2 else ["data-1"]
        post(system, tests, [now - hour * HOUR], now, model_version=f"v{hour // 2}", run="versions")
    client = sign_in(owner)
    for url in (page_of(system, "v0"), address(system, "model-versions/")):
        with django_assert_max_num_queries(BUDGET):
            read(client, url)
