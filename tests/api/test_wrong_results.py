"""What POST /results/ refuses, and how it names it (contract, section 3)."""

from __future__ import annotations

from typing import Any

import pytest

from assessments.models import System
from evidence.models import Check, Result
from rubric.loader import builtin
from tests.api.client import Api, faults, ok
from tests.api.items import item

pytestmark = pytest.mark.django_db
TESTS = list(builtin()["ml-test-score-2017"].tests)


WRONG_ITEMS = [
    ({"test": None}, "/test"),
    ({"run_id": None}, "/run_id"),
    ({"status": None}, "/status"),
    ({"system": None}, "/system"),
    ({"system": "nope"}, "/system"),
    ({"system": "secret"}, "/system"),
    ({"system": "Fraud-Scorer"}, "/system"),
    ({"system": 7}, "/system"),
    ({"system": ""}, "/system"),
    ({"test": "data-99"}, "/test"),
    ({"test": ["data-1"]}, "/test"),
    ({"test": ""}, "/test"),
    ({"run_id": ""}, "/run_id"),
    ({"run_id": "r" * 201}, "/run_id"),
    ({"run_id": 17}, "/run_id"),
    ({"status": "PASSED"}, "/status"),
    ({"status": True}, "/status"),
    ({"check": ""}, "/check"),
    ({"check": "c" * 301}, "/check"),
    ({"check": {}}, "/check"),
    ({"observed_at": "2026-01-01T00:00:00"}, "/observed_at"),
    ({"observed_at": "2026-01-01"}, "/observed_at"),
    ({"observed_at": "2026-W01-1T00:00:00Z"}, "/observed_at"),
    ({"observed_at": "20260101T000000Z"}, "/observed_at"),
    ({"observed_at": "2026-02-30T00:00:00Z"}, "/observed_at"),
    ({"observed_at": "2026-01-01T24:00:00Z"}, "/observed_at"),
    ({"observed_at": "2026-01-01T00:00:00+24:00"}, "/observed_at"),
    ({"observed_at": "2026-01-01T00:00:00+0100"}, "/observed_at"),
    ({"observed_at": "2026-01-01T00:00Z"}, "/observed_at"),
    ({"observed_at": "2026-01-01T00:00:00.Z"}, "/observed_at"),
    ({"observed_at": "٢٠٢٦-01-01T00:00:00Z"}, "/observed_at"),
    ({"observed_at": "0001-01-01T00:00:00+14:00"}, "/observed_at"),
    ({"observed_at": "0000-01-01T00:00:00Z"}, "/observed_at"),
    ({"observed_at": "9999-12-31T23:59:59-14:00"}, "/observed_at"),
    ({"observed_at": "1999-12-31T23:59:59.999999Z"}, "/observed_at"),
    ({"observed_at": "0001-01-01T00:00:00Z"}, "/observed_at"),
    ({"observed_at": "9999-12-31T23:59:59Z"}, "/observed_at"),
    ({"observed_at": 1767225600}, "/observed_at"),
    ({"observed_at": ""}, "/observed_at"),
    ({"message": "m" * 2001}, "/message"),
    ({"message": 1}, "/message"),
    ({"url": "ftp://example.org/"}, "/url"),
    ({"url": "javascript:alert(1)"}, "/url"),
    ({"url": "https://"}, "/url"),
    ({"url": "https:///path"}, "/url"),
    ({"url": "https://[::1"}, "/url"),
    ({"url": "https://example.org:port/"}, "/url"),
    ({"url": "https://exa mple.org/"}, "/url"),
    ({"url": "example.org"}, "/url"),
    ({"url": ""}, "/url"),
    ({"url": "https://example.org/" + "u" * 2000}, "/url"),
    ({"commit": "c" * 201}, "/commit"),
    ({"branch": 1}, "/branch"),
    ({"pipeline": []}, "/pipeline"),
    ({"model_version": 2.0}, "/model_version"),
    ({"dataset_version": "d" * 201}, "/dataset_version"),
    ({"metrics": []}, "/metrics"),
    ({"metrics": "0.1"}, "/metrics"),
    ({"metrics": {"ok": True}}, "/metrics/ok"),
    ({"metrics": {"text": "1"}}, "/metrics/text"),
    ({"metrics": {"none": None}}, "/metrics/none"),
    ({"metrics": {"a/b~c": []}}, "/metrics/a~1b~0c"),
    ({"metrics": {str(number): number for number in range(51)}}, "/metrics"),
    ({"severity": "high"}, "/severity"),
    ({"observed": "x"}, "/observed"),
]


@pytest.mark.parametrize(("change", "pointer"), WRONG_ITEMS)
def test_a_wrong_item_is_named_alone_and_in_a_batch(
    api: Api, system: System, foreign: System, change: dict[str, Any], pointer: str
) -> None:
    wrong = item(**change)
    assert faults(api.post("/results/", wrong)) == {pointer}
    batch = {"results": [item(run_id="fine"), wrong, item(run_id="fine too")]}
    assert faults(api.post("/results/", batch)) == {f"/results/1{pointer}"}
    assert not Result.objects.exists()


@pytest.mark.parametrize("name", ["test", "run_id", "status"])
def test_a_required_field_that_is_missing_is_named(api: Api, system: System, name: str) -> None:
    wrong = item()
    del wrong[name]
    assert faults(api.post("/results/", wrong)) == {f"/{name}"}
    assert faults(api.post("/results/", {"results": [wrong]})) == {f"/results/0/{name}"}


@pytest.mark.parametrize("not_an_item", [None, 1, "x", [], True])
def test_an_item_that_is_no_object_is_named(api: Api, system: System, not_an_item: Any) -> None:
    assert faults(api.post("/results/", {"results": [item(), not_an_item]})) == {"/results/1"}


def test_every_fault_of_every_item_is_named_at_once(api: Api, system: System) -> None:
    body = {
        "results": [
            item(status="odd", run_id=""),
            item(test="data-99"),
            item(system="nope", status="odd"),
            item(run_id="r2", check="shared"),
            item(run_id="r3", check="shared", test="data-2"),
            item(test="data-98", url="x"),
        ]
    }
    assert faults(api.post("/results/", body)) == {
        "/results/0/status",
        "/results/0/run_id",
        "/results/1/test",
        "/results/2/system",
        "/results/2/status",
        "/results/4/check",
        "/results/5/test",
        "/results/5/url",
    }
    assert not Check.objects.exists()


@pytest.mark.parametrize(
    ("body", "pointers"),
    [
        ({"results": []}, {"/results"}),
        ({"results": None}, {"/results"}),
        ({"results": {}}, {"/results"}),
        ({"results": [item(run_id=str(index)) for index in range(1001)]}, {"/results"}),
        ({"results": [item()], "system": "fraud-scorer"}, {"/system"}),
        ({"results": [item(test="data-99")], "extra": 1}, {"/extra", "/results/0/test"}),
        ({}, {"/system", "/test", "/run_id", "/status"}),
    ],
)
def test_a_wrong_frame_is_at_fault(api: Api, system: System, body: dict[str, Any], pointers: set[str]) -> None:
    assert faults(api.post("/results/", body)) == pointers
    assert not Result.objects.exists()


def test_lengths_count_characters_and_their_limits_are_allowed(api: Api, system: System) -> None:
    longest = item(
        run_id="\U0001f600" * 200,
        check="é" * 300,
        message="漢" * 2000,
        url="https://example.org/" + "u" * 1980,
        commit="c" * 200,
        metrics={str(number): number for number in range(50)},
    )
    ok(api.post("/results/", longest), 201)
    assert ok(api.post("/results/", longest), 200)["duplicates"] == 1
