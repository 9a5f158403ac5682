"""POST /imports/ (contract, section 3)."""

from __future__ import annotations

import json
import tracemalloc
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.actors import Actor
from accounts.models import Organisation
from assessments.models import System
from evidence.mapping import Rule
from evidence.mapping_rules import replace_rules
from evidence.models import Check, Result, SeenNames
from evidence.seen_names import KEPT, names_of
from rubric.loader import builtin
from tests.api.client import Api, faults, ok, problem
from tests.api.conftest import MakeApi
from tests.evidence.formats.samples import body as sample

pytestmark = pytest.mark.django_db
RULES = [Rule("tests.features.*", "data-1"), Rule("tests.model.*", "model-6", "junit"), Rule("*", "data-1", "ctrf")]


def send(api: Api, report: str | bytes, *, kind: str = "application/xml", **query: str) -> Any:
    parameters = {"system": "fraud-scorer", "run_id": "run-1", **query}
    address = f"/imports/?{urlencode({name: value for name, value in parameters.items() if value != '-'})}"
    return api.post(address, report if isinstance(report, bytes) else report.encode(), content_type=kind)


def junit(*cases: str, suite: str = "") -> str:
    return f"<testsuites><testsuite name='pytest' {suite}>{''.join(cases)}</testsuite></testsuites>"


def case(name: str, inside: str = "", of: str = "tests.features") -> str:
    return f"<testcase classname='{of}' name='{name}'>{inside}</testcase>"


FAILED = "<failure message='too low'>trace</failure>"
THREE = junit(case("range"), case("drift", FAILED), case("slices", of="tests.model"), case("other", of="tests.ui"))


@pytest.fixture
def mapped(system: System, organisation: Organisation) -> System:
    """The fraud scorer, with rules."""
    replace_rules(actor=Actor(organisation), system=system, rules=RULES, at=timezone.now())
    return system


def stored() -> dict[str, tuple[str, str]]:
    """The test and the status of every result, by its check's name."""
    return {row.check_of.name: (row.check_of.test, row.status) for row in Result.objects.select_related("check_of")}


def test_a_report_is_recorded_as_the_rules_say_and_once(api: Api, mapped: System) -> None:
    where = {"commit": "c0ffee", "branch": "main", "url": "https://ci.example/1"}
    body = ok(send(api, THREE, **where, observed_at="2026-11-20T10:00:00+01:00"), 201)
    assert (body["accepted"], body["duplicates"]) == (3, 0)
    assert body["unmapped"] == ["tests.ui.other"]
    assert body["warnings"] == []
    assert [each["system"] for each in body["systems"]] == ["fraud-scorer"]
    assert {each["test"]: each["to"] for each in body["systems"][0]["changed"]} == {
        "data-1": "manual",
        "model-6": "manual",
    }
    assert stored() == {
        "tests.features.range": ("data-1", "passed"),
        "tests.features.drift": ("data-1", "failed"),
        "tests.model.slices": ("model-6", "passed"),
    }
    result = Result.objects.get(check_of__name="tests.features.drift")
    assert (result.run_id, result.message, result.commit, result.branch) == ("run-1", "too low", "c0ffee", "main")
    assert result.observed_at == datetime(2026, 11, 20, 9, tzinfo=UTC)
    assert result.url == "https://ci.example/1"
    again = ok(send(api, THREE, **where, observed_at="2026-11-20T09:00:00Z"))
    assert (again["accepted"], again["duplicates"], again["unmapped"]) == (0, 3, ["tests.ui.other"])
    assert ok(send(api, THREE, **where))["duplicates"] == 3
    answer = problem(send(api, THREE.replace("too low", "too high"), **where), 409)
    assert "tests.features.drift" in answer["errors"][0]["detail"]
    assert Result.objects.count() == 3


def test_a_dry_run_says_the_same_and_stores_nothing(api: Api, mapped: System) -> None:
    body = ok(send(api, THREE, dry_run="true"))
    assert (body["accepted"], body["unmapped"]) == (3, ["tests.ui.other"])
    assert body["systems"][0]["after"]["verified"] == body["systems"][0]["before"]["verified"] == 0
    assert body["systems"][0]["after"]["categories"]["data"] == 0.5
    assert not Result.objects.exists()
    assert not SeenNames.objects.exists()


def test_entries_of_one_check_fold_and_the_worst_wins(api: Api, mapped: System) -> None:
    again = [case("a"), case("a", FAILED), case("b", "<skipped/>"), case("b"), case("c", "<error/>"), case("c")]
    assert ok(send(api, junit(*again)), 201)["accepted"] == 3
    assert {name[-1]: status for name, (_, status) in stored().items()} == {"a": "failed", "b": "passed", "c": "error"}


def test_a_check_that_carries_a_key_needs_no_rule(api: Api, system: System) -> None:
    own = "<properties><property name='mlscore' value='{}'/></properties>"
    report = junit(case("a", own.format("model-6")), case("b", own.format("data-99")), case("c", FAILED))
    body = ok(send(api, report), 201)
    assert stored() == {"tests.features.a": ("model-6", "passed")}
    assert body["unmapped"] == ["tests.features.b", "tests.features.c"]
    assert any("data-99" in warning and "tests.features.b" in warning for warning in body["warnings"])
    assert any("did not pass" in warning for warning in body["warnings"])


def test_the_organisations_rules_come_last_and_those_of_other_rubrics_are_passed_over(
    api: Api, mapped: System, organisation: Organisation
) -> None:
    of_others = builtin()["key-principles"].tests.keys() - builtin()[mapped.rubric].tests.keys()
    shared = [Rule("*", min(of_others)), Rule("tests.*", "infra-3")]
    replace_rules(actor=Actor(organisation), rules=shared, at=timezone.now())
    assert ok(send(api, THREE), 201)["unmapped"] == []
    assert {test for test, _ in stored().values()} == {"data-1", "model-6", "infra-3"}
    assert stored()["tests.ui.other"][0] == "infra-3"


@pytest.mark.parametrize("report", [junit(), "<testsuite/>", "<testsuites/>", '{"results": {"tests": []}}'])
def test_a_report_without_any_check_stores_nothing_and_warns(api: Api, mapped: System, report: str) -> None:
    body = ok(send(api, report))
    assert (body["accepted"], body["duplicates"], body["unmapped"]) == (0, 0, [])
    assert body["warnings"]
    assert not Result.objects.exists()


def test_a_report_of_unmapped_checks_stores_no_result(api: Api, system: System) -> None:
    body = ok(send(api, THREE))
    assert (body["accepted"], len(body["unmapped"])) == (0, 4)
    (only,) = body["systems"]
    assert (only["before"], only["changed"]) == (only["after"], [])
    assert {seen.name for seen in names_of(system)} == set(body["unmapped"])


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"run_id": "-"}, {"?run_id"}),
        ({"run_id": ""}, {"?run_id"}),
        ({"run_id": "x" * 201}, {"?run_id"}),
        ({"run_id": "a\x00b"}, {"?run_id"}),
        ({"system": "-"}, {"?system"}),
        ({"system": ""}, {"?system"}),
        ({"system": "nothing"}, {"?system"}),
        ({"system": "secret"}, {"?system"}),
        ({"system": "a\x00"}, {"?system"}),
        ({"format": ""}, {"?format"}),
        ({"format": "nunit"}, {"?format"}),
        ({"observed_at": "yesterday"}, {"?observed_at"}),
        ({"observed_at": "2026-11-20T10:00:00"}, {"?observed_at"}),
        ({"observed_at": "1999-12-31T23:59:59Z"}, {"?observed_at"}),
        ({"observed_at": "2999-01-01T00:00:00Z"}, {"?observed_at"}),
        ({"url": "javascript:alert(1)"}, {"?url"}),
        ({"sent_at": "1999-12-31T23:59:59Z"}, {"?sent_at"}),
        ({"commit": "c" * 201, "dataset_version": "d" * 201}, {"?commit", "?dataset_version"}),
        ({"dry_run": "yes", "run_id": "-", "format": "x"}, {"?dry_run", "?run_id", "?format"}),
        ({"dryrun": "true"}, {"?dryrun"}),
    ],
)
def test_parameters_at_fault_are_named(
    api: Api, mapped: System, foreign: System, query: dict[str, str], expected: set[str]
) -> None:
    assert faults(send(api, THREE, **query)) == expected
    assert not Result.objects.exists()


def test_a_bound_token_names_its_system_or_none(make_api: MakeApi, mapped: System, churn: System) -> None:
    bound = make_api("results:write", system=mapped)
    assert ok(send(bound, THREE, system="-"), 201)["accepted"] == 3
    assert ok(send(bound, THREE))["duplicates"] == 3
    assert faults(send(bound, THREE, system="churn")) == {"?system"}
    problem(send(make_api("read"), THREE), 403)


@pytest.mark.parametrize(
    ("report", "format_name"),
    [
        (b"", "auto"),
        (b" \n", "junit"),
        (b"all tests passed", "auto"),
        (THREE.encode()[:-20], "auto"),
        (THREE.encode()[:-20], "junit"),
        (THREE.encode(), "dbt"),
        (b'{"results": {"tests": [{"name": "a", "status": "passed"}]}', "ctrf"),
        (b'{"results": {"tests": []}}', "soda"),
        (b"{}", "auto"),
        (b"<html/>", "auto"),
        (sample("hostile/billion_laughs.junit.xml"), "auto"),
        (sample("hostile/xxe_file.junit.xml"), "junit"),
        (b"\xff" * 100, "auto"),
    ],
)
def test_a_body_that_is_no_such_report_is_refused_whole(
    api: Api, mapped: System, report: bytes, format_name: str
) -> None:
    assert faults(send(api, report, format=format_name)) == {""}
    assert not Result.objects.exists()


@pytest.mark.parametrize("kind", ["text/plain", "application/octet-stream", "application/json", "nonsense", ""])
def test_the_content_type_does_not_matter(api: Api, mapped: System, kind: str) -> None:
    assert ok(send(api, THREE, kind=kind, format="junit"), 201)["accepted"] == 3


def test_a_body_over_ten_mebibytes_is_413_and_one_under_is_read(api: Api, mapped: System) -> None:
    filled = junit(case("a", f"<system-out>{'x' * (10 * 1024 * 1024 - 2000)}</system-out>"))
    assert ok(send(api, filled), 201)["accepted"] == 1
    problem(send(api, filled + " " * 3000), 413)


def multipart(*parts: tuple[str, str, bytes]) -> tuple[bytes, str]:
    lines = b"".join(
        f'--B\r\nContent-Disposition: form-data; name="{part}"; filename="{name}"\r\n\r\n'.encode() + content + b"\r\n"
        for part, name, content in parts
    )
    return lines + b"--B--\r\n", "multipart/form-data; boundary=B"


RESULTS = ("report", "run_results.json", sample("dbt/test_pass.run_results.json"))


@pytest.mark.parametrize("field", ["manifest", "manifest.json", "file"])
@pytest.mark.parametrize("format_name", ["dbt", "auto"])
def test_dbt_reads_the_keys_of_the_manifest_beside_it(api: Api, system: System, field: str, format_name: str) -> None:
    unique_ids = [each["unique_id"] for each in json.loads(RESULTS[2])["results"]]
    nodes = {unique_ids[0]: {"config": {"meta": {"mlscore": "data-1"}}, "tags": []}}
    manifest = (field, "manifest.json", json.dumps({"nodes": nodes}).encode())
    body, kind = multipart(RESULTS, manifest)
    answer = ok(send(api, body, kind=kind, format=format_name), 201)
    assert answer["accepted"] == 1
    assert len(answer["unmapped"]) == len(unique_ids) - 1


@pytest.mark.parametrize(
    "content",
    [
        multipart()[0],
        multipart(RESULTS, RESULTS)[0],
        multipart(("manifest", "manifest.json", b"{}"))[0],
        multipart(RESULTS, ("manifest", "manifest.json", b"{}"))[0],
        multipart(RESULTS, ("manifest", "manifest.json", b"<a/>"))[0],
        multipart(RESULTS)[0][:-400],
        b"no multipart",
        b"",
    ],
)
def test_a_broken_multipart_is_refused(api: Api, system: System, content: bytes) -> None:
    problem(send(api, content, kind="multipart/form-data; boundary=B"), 400)
    problem(send(api, content, kind="multipart/form-data"), 400)


def test_times_are_the_requests_then_the_reports_then_receipt(api: Api, mapped: System) -> None:
    report = junit(case("a"), suite="timestamp='2026-11-19T10:00:00+02:00'")
    ok(send(api, report), 201)
    ok(send(api, report, run_id="2", observed_at="2026-11-18T00:00:00Z"), 201)
    before = timezone.now()
    ok(send(api, junit(case("a"), suite="timestamp='2026-11-19T10:00:00'"), run_id="3"), 201)
    ahead = junit(case("a"), suite="timestamp='2999-01-01T00:00:00Z'")
    assert "future" in ok(send(api, ahead, run_id="4"), 201)["warnings"][0]
    assert ok(send(api, ahead, run_id="4"))["duplicates"] == 1
    for run, text in {"5": report, "6": junit(case("a"))}.items():
        ok(send(api, text, run_id=run, sent_at="2026-11-20T00:00:00Z"), 201)
        assert ok(send(api, text, run_id=run))["duplicates"] == 1
    at = dict(Result.objects.values_list("run_id", "observed_at"))
    assert at["run-1"] == at["5"] == datetime(2026, 11, 19, 8, tzinfo=UTC)
    assert at["6"] == datetime(2026, 11, 20, tzinfo=UTC)
    assert at["2"] == datetime(2026, 11, 18, tzinfo=UTC)
    assert before <= at["3"] <= at["4"] <= timezone.now()


def test_a_check_keeps_its_test_when_the_rules_change(api: Api, mapped: System, organisation: Organisation) -> None:
    ok(send(api, THREE), 201)
    rules = [Rule("tests.*", "infra-3")]
    replace_rules(actor=Actor(organisation), system=mapped, rules=rules, at=timezone.now())
    body = problem(send(api, THREE, run_id="run-2"), 400)
    assert len(body["errors"]) == 3
    assert "belongs to the test data-1" in body["errors"][0]["detail"]
    assert Result.objects.count() == 3


def test_long_names_and_messages_are_cut_alike_each_time(api: Api, mapped: System) -> None:
    long = case("n" * 400, f"<failure message='{'m' * 5000}'/>")
    assert ok(send(api, junit(long)), 201)["accepted"] == 1
    assert ok(send(api, junit(long)))["duplicates"] == 1
    result = Result.objects.select_related("check_of").get()
    assert len(result.check_of.name) == 300
    assert 0 < len(result.message) <= 2000


def test_what_a_report_cannot_store_is_dropped_and_told(api: Api, mapped: System) -> None:
    report = (
        b'{"results": {"tests": [{"name": "a\\u0000b", "status": "failed", "message": "x\\ud800\\u0000", "n": NaN}]}}'
    )
    body = ok(send(api, report), 201)
    assert body["warnings"]
    assert "\x00" not in Result.objects.get().message


def test_names_last_seen_are_kept_the_unmapped_first(api: Api, mapped: System) -> None:
    ok(send(api, junit(case("old")), run_id="0"), 201)
    many = [case(str(number), of="tests.ui") for number in range(KEPT - 1)]
    ok(send(api, junit(*many, case("a"), case("b"))), 201)
    seen = names_of(mapped)
    assert len(seen) == KEPT
    assert sum(each.name.startswith("tests.ui.") for each in seen) == KEPT - 1
    assert {each.format for each in seen} == {"junit"}
    assert max(each.at for each in seen) > timezone.now() - timedelta(minutes=5)


def test_statements_do_not_follow_the_report(api: Api, mapped: System) -> None:
    ok(send(api, THREE), 201)
    counted = []
    for size in (2, 40):
        report = junit(*(case(f"{size}-{number}", FAILED) for number in range(size)))
        with CaptureQueriesContext(connection) as queries:
            ok(send(api, report, run_id=f"of-{size}"), 201)
        counted.append(sum(query["sql"].startswith(("SELECT", "INSERT", "UPDATE")) for query in queries))
    assert counted[0] == counted[1] <= 13, counted


def test_ten_thousand_checks_are_one_import(api: Api, mapped: System) -> None:
    large = junit(*(case(str(number), FAILED) for number in range(10_000)))
    tracemalloc.start()
    try:
        body = ok(send(api, large), 201)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert body["accepted"] == Check.objects.count() == 10_000
    assert peak < 100_000_000, peak
