"""The demo's numbers are the same wherever they are said, at present and at past dates."""

from __future__ import annotations

import pytest

from accounts.models import Membership, Role
from tests.demo.conftest import DAY, NOW, Demo
from tests.surfaces.surfaces import compare

pytestmark = pytest.mark.django_db
ASKED = {
    "card-fraud-scoring": (0, 45, 200),
    "account-takeover": (0, 300),
    "query-rewriting": (0, 90),
    "churn-uplift": (0,),
    "coupon-targeting": (400,),
}


@pytest.mark.parametrize("slug", list(ASKED))
def test_every_surface_says_the_same(demo: Demo, monkeypatch: pytest.MonkeyPatch, slug: str) -> None:
    owner = Membership.objects.select_related("person", "organisation").get(role=Role.OWNER)
    for days in ASKED[slug]:
        compare(owner, demo.system(slug), NOW - days * DAY, monkeypatch)
