"""GET and PUT of mapping rules (contract, section 3)."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from accounts.actors import Actor
from accounts.models import Activity, Organisation
from assessments.models import System
from assessments.systems import update_system
from tests.api.client import Api, faults, ok, problem
from tests.api.conftest import MakeApi

pytestmark = pytest.mark.django_db
OWN = "/systems/fraud-scorer/mapping/"
SHARED = "/organisation/mapping/"


def rule(pattern: str = "tests.*", test: str = "data-1", **values: Any) -> dict[str, Any]:
    return {"pattern": pattern, "test": test, **values}


@pytest.mark.parametrize("path", [OWN, SHARED])
def test_put_replaces_the_whole_list_and_keeps_its_order(api: Api, system: System, path: str) -> None:
    assert ok(api.get(path)) == {"rules": []}
    rules = [rule("b.*", format="dbt"), rule("a.*", "model-6", format=None), rule("a.*", "infra-3")]
    expected = {"rules": [rules[0], rules[1], {**rules[2], "format": None}]}
    assert ok(api.put(path, {"rules": rules})) == expected
    assert ok(api.get(path)) == expected
    assert ok(api.put(path, expected)) == expected
    turned = {"rules": expected["rules"][::-1]}
    assert ok(api.put(path, turned)) == turned
    assert ok(api.put(path, {"rules": []})) == {"rules": []}


@pytest.mark.parametrize("path", [OWN, SHARED])
@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({}, {"/rules"}),
        ({"rules": None}, {"/rules"}),
        ({"rules": [], "more": 1}, {"/more"}),
        ({"rules": [{}]}, {"/rules/0/pattern", "/rules/0/test"}),
        ({"rules": [rule(), rule("")]}, {"/rules/1/pattern"}),
        ({"rules": [rule(" ")]}, {"/rules/0/pattern"}),
        ({"rules": [rule("x" * 301)]}, {"/rules/0/pattern"}),
        ({"rules": [rule(), rule(test="data-99"), rule(test="nope")]}, {"/rules/1/test", "/rules/2/test"}),
        ({"rules": [rule(format="auto")]}, {"/rules/0/format"}),
        ({"rules": [rule(format="nunit")]}, {"/rules/0/format"}),
        ({"rules": [rule(position=1)]}, {"/rules/0/position"}),
        ({"rules": [rule()] * 501}, {"/rules"}),
    ],
)
def test_what_is_wrong_is_named_and_stores_nothing(
    api: Api, system: System, path: str, body: dict[str, Any], expected: set[str]
) -> None:
    ok(api.put(path, {"rules": [rule()]}))
    assert faults(api.put(path, body)) == expected
    assert len(ok(api.get(path))["rules"]) == 1


def test_rules_name_tests_of_every_edition_the_system_has_had(
    api: Api, system: System, organisation: Organisation
) -> None:
    of_old, of_new = rule(test="data-1"), rule(test="principle-1")
    body = ok(api.get("/rubrics/key-principles/"))
    of_new["test"] = body["categories"][0]["tests"][0]["key"]
    assert of_new["test"] not in {"data-1"}
    assert faults(api.put(OWN, {"rules": [of_new]})) == {"/rules/0/test"}
    ok(api.put(SHARED, {"rules": [of_new]}))
    update_system(actor=Actor(organisation), system=system, changes={"rubric": "key-principles"}, at=timezone.now())
    assert len(ok(api.put(OWN, {"rules": [of_old, of_new]}))["rules"]) == 2


def test_who_may_and_who_did(make_api: MakeApi, system: System, churn: System) -> None:
    bound = make_api("read", "systems:write", system=system)
    ok(bound.put(OWN, {"rules": [rule("a"), rule("b", format="dbt")]}))
    ok(bound.put(OWN, {"rules": [rule("b", format="dbt"), rule("a")]}))
    ok(bound.put(OWN, {"rules": [rule("b", format="dbt"), rule("a")]}))
    problem(bound.put("/systems/churn/mapping/", {"rules": []}), 404)
    problem(bound.get(SHARED), 403)
    problem(make_api("read", "results:write").put(OWN, {"rules": []}), 403)
    first, second = Activity.objects.filter(action="mapping.changed").order_by("id")
    assert (first.system, str(first.actor)) == (system, "token pipeline")
    assert first.details["added"] == ["a → data-1", "b → data-1 (dbt)"]
    assert second.summary == "Changed the mapping rules of Fraud scorer: other order"
