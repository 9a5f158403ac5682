"""How bodies are read: strictly, and never with a 500."""

from __future__ import annotations

import json
from typing import Any

import pytest

from api.parsing import LARGEST_BODY
from assessments.models import System
from tests.api.client import Api, faults, ok, problem

pytestmark = pytest.mark.django_db
START = b'{"system": "fraud-scorer", "test": "data-1", "run_id": "r", "status": "passed"'


def nested(depth: int) -> bytes:
    return START + b', "metrics": ' + b'{"a":' * depth + b"1" + b"}" * depth + b"}"


AT_FAULT = [
    (START + b', "status": "failed"}', {"/status"}),
    (START + b', "metrics": {"a": 1, "a": 1, "b": 2, "b": 2}}', {"/metrics/a", "/metrics/b"}),
    (b'{"results": [' + START + b', "x~/": 1, "x~/": 2}]}', {"/results/0/x~0~1"}),
    (START + b', "metrics": {"a": NaN, "b": Infinity, "c": -Infinity}}', {"/metrics/a", "/metrics/b", "/metrics/c"}),
    (START + b', "metrics": {"a": 1e400, "b": -1e999}}', {"/metrics/a", "/metrics/b"}),
    (START + b', "metrics": {"a": 1' + b"0" * 309 + b"}}", {"/metrics/a"}),
    (START + b', "metrics": {"a": 1' + b"0" * 9000 + b"}}", {"/metrics/a"}),
    (START + b', "message": "a\\u0000b"}', {"/message"}),
    (START + b', "message": "\\ud800"}', {"/message"}),
    (START + b', "message": "\\udc00\\ud800"}', {"/message"}),
    (START + b', "metrics": {"\\u0000": 1}}', {"/metrics/\x00"}),
    (START + b', "metrics": {"\\udfff": 1}}', {"/metrics/?"}),
    (nested(40), {"/metrics" + "/a" * 31}),
    (nested(100_000), {""}),
    (b"[" * 500_000, {""}),
    (b"[]", {""}),
    (b"null", {""}),
    (b"1", {""}),
    (b'"x"', {""}),
    (b"NaN", {""}),
    (b"", {""}),
]


@pytest.mark.parametrize(("body", "pointers"), AT_FAULT, ids=range(len(AT_FAULT)))
def test_what_is_at_fault_in_a_document_is_named(api: Api, system: System, body: bytes, pointers: set[str]) -> None:
    assert faults(api.post("/results/", body)) == pointers


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"{]",
        b"{'a': 1}",
        b'{"a": 01}',
        b'{"a": 1,}',
        b'{"a": "\n"}',
        b'{"a": "\\x"}',
        b'{"a": "\x00"}',
        b"{} {}",
        b"\xff\xfe{\x00}\x00",
        b'{"a": "\xff"}',
        b'{"a": "\xed\xa0\x80"}',
        b"\xef\xbb\xbf{}",
        b" ",
        b"a=b",
        b"\x00",
    ],
)
def test_what_is_no_json_in_utf_8_is_at_fault(api: Api, system: System, body: bytes) -> None:
    problem(api.post("/results/", body), 400)


@pytest.mark.parametrize("value", [5e-324, 1.7976931348623157e308, -0.0, 2**63, 10**308, 1e-400])
def test_every_ieee_double_is_taken(api: Api, system: System, value: Any) -> None:
    body = START + b', "metrics": {"m": ' + json.dumps(value).encode() + b"}}"
    ok(api.post("/results/", body), 201)
    assert ok(api.post("/results/", body), 200)["duplicates"] == 1
    shown = ok(api.get("/systems/fraud-scorer/results/"))["results"][0]["metrics"]["m"]
    assert float(shown) == float(value)


def test_numbers_compare_by_value(api: Api, system: System) -> None:
    ok(api.post("/results/", START + b', "metrics": {"m": 100, "n": 0.5}}'), 201)
    ok(api.post("/results/", START + b', "metrics": {"n": 5.0e-1, "m": 1.0E2}}'), 200)


@pytest.mark.parametrize(
    "kind",
    ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/xml", "",
     "application/json; charset=latin-1", "application/problem+json", "application/jsonx", "json", ";"],
)  # fmt: skip
def test_a_body_of_another_type_is_415(api: Api, system: System, kind: str) -> None:
    problem(api.post("/results/", START + b"}", content_type=kind), 415)


@pytest.mark.parametrize(
    "kind",
    [
        "application/json",
        "application/json; charset=utf-8",
        'Application/JSON;Charset="UTF-8"',
        "application/json; v=1",
    ],
)
def test_json_may_be_announced_in_several_ways(api: Api, system: System, kind: str) -> None:
    ok(api.post("/results/", START + b"}", content_type=kind), 201)


def test_a_body_of_1_mib_is_taken_and_one_byte_more_is_413(api: Api, system: System) -> None:
    exact = START + b"}" + b" " * (LARGEST_BODY - len(START) - 1)
    assert len(exact) == LARGEST_BODY
    ok(api.post("/results/", exact), 201)
    problem(api.post("/results/", exact + b" "), 413)
    problem(api.patch("/systems/fraud-scorer/", b"x" * 3_000_000), 413)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/results/"),
        ("PATCH", "/organisation/"),
        ("POST", "/systems/"),
        ("PATCH", "/systems/fraud-scorer/"),
        ("POST", "/teams/"),
        ("POST", "/systems/fraud-scorer/assessments/"),
    ],
)
def test_every_body_is_read_by_the_same_rules(api: Api, system: System, method: str, path: str) -> None:
    for body in (b"[]", b'{"name": "a", "name": "b"}', b'{"unheard_of": 1}', b'{"name": "\\u0000"}'):
        assert faults(api.request(method, path, body))
    problem(api.request(method, path, b"{", content_type="text/plain"), 415)
    problem(api.request(method, path, b"{"), 400)
