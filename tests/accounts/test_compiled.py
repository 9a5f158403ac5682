"""Queries that are compiled once find what Django finds, whatever they are asked with, on either database."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.db.models import Model, QuerySet

from accounts.backend import memberships_by
from accounts.compiled import compiled
from accounts.statements import document, to_sql
from assessments.models import Assessment
from dashboards.organisation import compare_views
from dashboards.system import reading
from scores import changes, marks, recorded
from tests.factories import DAY, all_tests, assess, make_member, make_organisation, make_system, make_team, post

NOW = datetime(2026, 11, 1, 9, 30, tzinfo=UTC)


@pytest.mark.django_db
def test_they_find_what_django_finds() -> None:
    organisation, other = make_organisation(), make_organisation("Other", "other")
    owner, team = make_member(organisation).person, make_team(organisation)
    fraud = make_system(
        organisation, NOW - 60 * DAY, "Fraud", team=team, owner=owner, tags=["a&b"], target_score=Decimal("2.5")
    )
    search = make_system(other, NOW - 60 * DAY, "Search")
    for system in (fraud, search):
        assess(system, NOW - 40 * DAY, dict.fromkeys(all_tests(system)[:3], "manual"))
        post(system, all_tests(system)[:2], [NOW - 3 * DAY, NOW - 2 * DAY], NOW)
    rises = document([(test, to_sql(NOW - 2 * DAY)) for test in all_tests(fraud)])
    rules: dict[str, Any] = {"credit": "executed", "branch": None}
    asked: list[tuple[Any, int, tuple[Any, ...], dict[str, Any]]] = [
        (memberships_by, 1, (owner.pk,), {}),
        (memberships_by, 0, (owner.pk + 1_000,), {}),
        (reading._visible, 1, (fraud.organisation_id, "fraud"), {"with_spans": True}),
        (reading._visible, 1, (search.organisation_id, "search"), {"with_spans": False}),
        (reading._visible, 0, (fraud.organisation_id, "search"), {"with_spans": True}),
        (reading._assessments, 1, (fraud.pk,), {}),
        (marks._told, 0, (fraud.organisation_id, fraud.pk, NOW), {"most": 3, "kinds": marks.KINDS}),
        (recorded._stored, 1, (fraud.organisation_id, "fraud"), {}),
        (recorded._stored, 1, (fraud.organisation_id, "fraud", fraud.pk), {}),
        (recorded._stored, 0, (fraud.organisation_id, "fraud", search.pk), {}),
        (changes._runs, 2, (fraud.pk, rises), rules),
        (changes._runs, 0, (fraud.pk, rises), rules | {"branch": "main"}),
        (compare_views._offered, 1, (fraud.organisation_id,), {}),
    ]
    for ask, count, values, shape in asked:
        found = ask(*values, **shape)
        assert len(found) == count, ask
        assert list(map(told, found)) == list(map(told, ask.__wrapped__(*values, **shape))), ask


def told(found: object) -> object:
    """All that is known of a model, and of those that were read with it."""
    if not isinstance(found, Model):
        return found
    known = {name: value for name, value in vars(found).items() if name != "_state"}
    return known | {name: told(value) for name, value in found._state.fields_cache.items()}


def test_a_value_that_the_text_lacks_is_refused() -> None:
    @compiled
    def of_all(system: int) -> QuerySet[Assessment]:
        return Assessment.objects.all()

    with pytest.raises(ValueError, match="Some value is not in the text"):
        of_all(1)
