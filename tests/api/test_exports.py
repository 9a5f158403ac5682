"""Exports over the API: which scope each table takes, and in which form it comes."""

from __future__ import annotations

import json

import pytest
from pytest_django.fixtures import Settings

from accounts.models import Activity, Organisation
from assessments.models import System
from exports.tables import EVERYTHING, TABLES
from tests.api.client import Api, problem
from tests.api.conftest import MakeApi

pytestmark = pytest.mark.django_db


def status_of(api: Api, name: str) -> int:
    """What asking for an export is answered; it is read, so that its place is free again."""
    answer = api.get(f"/exports/{name}/")
    assert answer.getvalue()
    return int(answer.status_code)


@pytest.mark.parametrize(("scopes", "members"), [(["read"], 403), (["read", "organisation:write"], 200)])
def test_what_the_api_tells_nobody_else_takes_another_scope(make_api: MakeApi, scopes: list[str], members: int) -> None:
    api = make_api(*scopes)
    listed = json.loads(api.get("/exports/").content)["results"]
    assert [table["name"] for table in listed] == list(TABLES)
    statuses = {name: status_of(api, name) for name in [*(table["name"] for table in listed), EVERYTHING]}
    everything = statuses.pop(EVERYTHING)
    assert statuses == {table["name"]: 200 if set(table["scopes"]) <= set(scopes) else 403 for table in listed}
    assert statuses["members"] == statuses["activity"] == everything == members
    assert statuses["results"] == statuses["scores"] == statuses["answers"] == 200


def test_the_api_streams_the_form_that_is_asked_for(make_api: MakeApi, system: System) -> None:
    api = make_api("read")
    for query, kind in (("", "application/json"), ("?format=csv", "text/csv; charset=utf-8")):
        answer = api.get(f"/exports/systems/{query}", Accept="text/csv")
        assert answer["Content-Type"] == kind and answer.getvalue()
    assert json.loads(api.get("/exports/systems/").getvalue())["rows"][0]["slug"] == system.slug
    before = Activity.objects.filter(action="export.made").count()
    assert api.request("HEAD", "/exports/systems/").content == b""
    assert api.get("/exports/systems/?format=xml").status_code == 400
    assert api.get("/exports/nothing/").status_code == 404
    assert Activity.objects.filter(action="export.made").count() == before


def test_one_export_too_many_is_told_when_to_come_back(
    make_api: MakeApi, elsewhere: Organisation, settings: Settings
) -> None:
    api, other, before = make_api("read"), make_api("read", of=elsewhere), Activity.objects.count()
    settings.EXPORTS_AT_ONCE = 2
    held = api.get("/exports/systems/")
    refused = api.get("/exports/systems/")
    assert "Wait until one of them has ended" in problem(refused, 429)["detail"]
    assert refused["Retry-After"] == "30"
    assert Activity.objects.count() == before + 1, "what was refused is no export"
    # A place is left for somebody else; then the server has none.
    others = other.get("/exports/systems/")
    assert others.status_code == 200
    assert held.getvalue()
    settings.EXPORTS_AT_ONCE = 1
    assert problem(api.get("/exports/systems/"), 503)["detail"].startswith("This server")
    assert others.getvalue()
    assert status_of(api, "systems") == status_of(other, "systems") == 200
