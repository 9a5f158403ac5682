"""Exports over the API: which scope each table takes, and in which form it comes."""

from __future__ import annotations

import json

import pytest

from accounts.models import Activity
from assessments.models import System
from exports.tables import TABLES
from tests.api.conftest import MakeApi

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(("scopes", "members"), [(["read"], 403), (["read", "organisation:write"], 200)])
def test_what_the_api_tells_nobody_else_takes_another_scope(make_api: MakeApi, scopes: list[str], members: int) -> None:
    api = make_api(*scopes)
    listed = json.loads(api.get("/exports/").content)["results"]
    assert [table["name"] for table in listed] == list(TABLES)
    statuses = {table["name"]: api.get(f"/exports/{table['name']}/").status_code for table in listed}
    assert statuses == {table["name"]: 200 if set(table["scopes"]) <= set(scopes) else 403 for table in listed}
    assert statuses["members"] == statuses["activity"] == api.get("/exports/everything/").status_code == members
    assert statuses["results"] == statuses["scores"] == statuses["answers"] == 200


def test_the_api_streams_the_form_that_is_asked_for(make_api: MakeApi, system: System) -> None:
    api = make_api("read")
    kinds = [api.get(f"/exports/systems/{query}", Accept="text/csv")["Content-Type"] for query in ("", "?format=csv")]
    assert kinds == ["application/json", "text/csv; charset=utf-8"]
    assert json.loads(api.get("/exports/systems/").getvalue())["rows"][0]["slug"] == system.slug
    before = Activity.objects.filter(action="export.made").count()
    assert api.request("HEAD", "/exports/systems/").content == b""
    assert api.get("/exports/systems/?format=xml").status_code == 400
    assert api.get("/exports/nothing/").status_code == 404
    assert Activity.objects.filter(action="export.made").count() == before
