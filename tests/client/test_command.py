"""The command `mlscore`: what it sends, what it prints and how it exits."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from mlscore_client import cli

from tests.client.conftest import Installed
from tests.client.server import STORED, Answer, Server, problem

Printed = pytest.CaptureFixture[str]
POST = ["post", "--system", "fraud-scorer", "--test", "data-1", "--status", "passed"]


def score_page(**fresh_until: str) -> dict[str, Any]:
    """A score in which these tests are proven until then."""
    tests = [
        {"key": key.replace("_", "-"), "level": "manual", "verified": "manual", "fresh_until": until}
        for key, until in fresh_until.items()
    ]
    category = {"key": "data", "title": "Data", "max": 7, "score": 0.5, "claimed": 0, "verified": 0.5}
    band = {"key": "research", "label": "A research project"}
    return {
        "system": "fraud-scorer",
        "score": 0.5,
        "claimed": 0,
        "verified": 0.5,
        "band": band,
        "limiting": ["data"],
        "categories": [category],
        "tests": tests,
    }


def test_post_sends_the_result_with_where_it_comes_from(
    told: Server, monkeypatch: pytest.MonkeyPatch, capsys: Printed
) -> None:
    monkeypatch.setenv("GITLAB_CI", "true")
    monkeypatch.setenv("CI_PIPELINE_ID", "77")
    monkeypatch.setenv("CI_COMMIT_SHA", "abc")
    more = ["--check", "ranges", "--message", "fine", "--metric", "rows=12", "--metric", "share=0.5"]
    assert cli.main([*POST, *more, "--run-url", "https://example.org/1"]) == 0
    (asked,) = told.asked
    assert asked.headers["Authorization"] == "Bearer mls_secret"
    (result,) = asked.results
    moment = datetime.fromisoformat(result.pop("observed_at"))
    assert abs(datetime.now(UTC) - moment) < timedelta(minutes=1)
    assert result == {
        "system": "fraud-scorer",
        "test": "data-1",
        "status": "passed",
        "check": "ranges",
        "message": "fine",
        "metrics": {"rows": 12, "share": 0.5},
        "run_id": "gitlab/77",
        "commit": "abc",
        "url": "https://example.org/1",
    }
    assert "fraud-scorer: score 0 -> 0.5" in capsys.readouterr().out


def test_post_sends_a_file_of_results(told: Server, tmp_path: Path) -> None:
    item = {"test": "data-1", "status": "passed", "run_id": "1", "observed_at": "2026-03-01T02:00:00+01:00"}
    path = tmp_path / "results.json"
    path.write_text(json.dumps({"results": [item, {**item, "test": "data-2", "observed_at": None}]}))
    assert cli.main(["post", "--file", str(path), "--run-id", "2", "--model-version", "7"]) == 0
    assert {(result["run_id"], result["model_version"]) for result in told.posted} == {("1", "7")}
    assert [result["test"] for result in told.posted] == ["data-1", "data-2"]
    assert told.posted[0]["observed_at"] == "2026-03-01T01:00:00Z"


def test_more_than_the_api_takes_travels_in_several_requests(told: Server, tmp_path: Path) -> None:
    path = tmp_path / "results.json"
    items = [{"test": "data-1", "status": "passed", "check": f"c{number}"} for number in range(1001)]
    path.write_text(json.dumps(items))
    assert cli.main(["post", "--file", str(path)]) == 0
    assert [len(asked.results) for asked in told.asked] == [1000, 1]


@pytest.mark.parametrize(
    "arguments",
    [
        ["post", "--test", "data-1"],
        [*POST, "--metric", "auc=nan"],
        [*POST, "--metric", "auc"],
        [*POST, "--observed-at", "2026-03-01T02:00:00"],
        ["post", "--file", "nowhere.json"],
        ["import", "nowhere/*.xml"],
        ["run", "--test", "data-1", "--"],
        ["score", "--at", "9999-12-31T23:59:59-14:00"],
        *([*POST, "--timeout", seconds] for seconds in ("0", "-1")),
        *([*POST, "--url", url] for url in ("http://[::1", "http://..", "http://h:x", "http://h/é", "http://a b")),
    ],
)
def test_wrong_arguments_exit_2_and_send_nothing(told: Server, capsys: Printed, arguments: list[str]) -> None:
    try:
        code = cli.main(arguments)
    except SystemExit as error:
        code = int(error.code or 0)
    assert code == 2
    assert told.asked == []
    assert "Traceback" not in capsys.readouterr().err


@pytest.mark.parametrize("missing", ["MLSCORE_URL", "MLSCORE_TOKEN"])
def test_without_server_or_token_it_says_which(
    told: Server, monkeypatch: pytest.MonkeyPatch, capsys: Printed, missing: str
) -> None:
    monkeypatch.delenv(missing)
    assert cli.main(POST) == 2
    assert missing in capsys.readouterr().err


def test_a_refusal_exits_2_and_names_the_fields(told: Server, capsys: Printed) -> None:
    told.script = [problem(400, "1 value is at fault.", test="'data-1' is no test of this system's rubric.")]
    assert cli.main(POST) == 2
    assert "/results/0/test: 'data-1' is no test" in capsys.readouterr().err
    assert len(told.asked) == 1


def test_a_dry_run_asks_for_one_and_says_that_nothing_is_stored(told: Server, tmp_path: Path, capsys: Printed) -> None:
    assert cli.main([*POST, "--dry-run", "--spool", str(tmp_path)]) == 0
    assert told.asked[0].query == {"dry_run": "true"}
    assert "nothing was stored" in capsys.readouterr().out


def test_json_is_the_servers_answer(told: Server, capsys: Printed) -> None:
    assert cli.main([*POST, "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == STORED


def test_markdown_tells_before_after_what_changed_and_what_lapses(told: Server, capsys: Printed) -> None:
    soon = (datetime.now(UTC) + timedelta(days=13)).isoformat()
    late = (datetime.now(UTC) + timedelta(days=15)).isoformat()
    told.pages["/api/v1/systems/fraud-scorer/score/"] = Answer(200, score_page(data_1=soon, data_2=late))
    assert cli.main([*POST, "--markdown"]) == 0
    text = capsys.readouterr().out
    assert "| Score | 0 | 0.5 |" in text
    assert "- data-1: none → manual" in text
    assert "- data-1: manual until" in text
    assert "data-2" not in text


def test_markdown_shows_names_as_text_and_no_lapses_to_a_token_that_may_not_read(told: Server, capsys: Printed) -> None:
    told.script = [Answer(body={**STORED, "unmapped": ["<img src=x> @everyone |"]})]
    told.pages["/api/v1/systems/fraud-scorer/score/"] = problem(403, "no scope")
    assert cli.main([*POST, "--markdown"]) == 0
    text = capsys.readouterr().out
    assert "- \\<img src=x\\> \\@everyone \\|" in text
    assert "lacks the scope" in text


def test_an_outage_is_a_warning_unless_strict(told: Server, capsys: Printed) -> None:
    told.script = [Answer(503)] * 2
    assert cli.main([*POST, "--retries", "0"]) == 0
    assert "status 503" in capsys.readouterr().err
    assert cli.main([*POST, "--retries", "0", "--strict"]) == 2


def test_an_outage_in_the_midst_tells_what_was_stored_before(told: Server, tmp_path: Path, capsys: Printed) -> None:
    item = {"test": "data-1", "status": "passed"}
    (tmp_path / "many.json").write_text(json.dumps([{**item, "check": str(number)} for number in range(1001)]))
    told.script = [Answer(), Answer(503)]
    assert cli.main(["post", "--file", str(tmp_path / "many.json"), "--retries", "0"]) == 0
    out, err = capsys.readouterr()
    assert "1 accepted" in out
    assert "status 503; the rest was not stored" in err


def test_an_outage_is_told_in_markdown_too(told: Server, capsys: Printed) -> None:
    told.script = [Answer(503)]
    assert cli.main([*POST, "--retries", "0", "--markdown"]) == 0
    assert "gave no answer" in capsys.readouterr().out


@pytest.mark.parametrize(("passed", "code"), [(True, 0), (False, 1)])
def test_the_gate_exits_by_its_verdict(told: Server, capsys: Printed, passed: bool, code: int) -> None:
    condition = {"name": "min_score", "passed": passed, "actual": 1.5, "required": 2}
    verdict = {"passed": passed, "conditions": [condition], "markdown": "| gate |"}
    told.pages["/api/v1/systems/fraud-scorer/gate/"] = Answer(200, verdict)
    gate = ["gate", "--system", "fraud-scorer", "--min-score", "2", "--max-drop", "0.5", "--no-failing"]
    assert cli.main([*gate, "--since", "2026-03-01T00:00:00Z"]) == code
    wanted = {"min_score": "2.0", "max_drop": "0.5", "since": "2026-03-01T00:00:00Z", "no_failing": "true"}
    assert told.asked[0].query == wanted
    assert "min_score: 1.5, required 2" in capsys.readouterr().out
    assert cli.main([*gate, "--markdown"]) == code
    assert capsys.readouterr().out == "| gate |\n"


@pytest.mark.parametrize(
    "answer",
    [
        *(Answer(503), Answer(404, {}), Answer(200, {}), Answer(200, []), Answer(200, b"<html>")),
        Answer(200, {"passed": True, "conditions": [1]}),
    ],
)
def test_a_gate_that_cannot_be_asked_exits_2(told: Server, answer: Answer) -> None:
    told.script = [answer]
    assert cli.main(["gate", "--system", "fraud-scorer", "--retries", "0"]) == 2


def test_score_shows_the_only_system_a_token_sees(told: Server, capsys: Printed) -> None:
    told.pages["/api/v1/systems/"] = Answer(200, {"next": None, "results": [{"slug": "fraud-scorer"}]})
    told.pages["/api/v1/systems/fraud-scorer/score/"] = Answer(200, score_page())
    assert cli.main(["score"]) == 0
    assert "fraud-scorer: 0.5 (A research project)" in capsys.readouterr().out
    told.pages["/api/v1/systems/"] = Answer(200, {"next": None, "results": [{"slug": "a"}, {"slug": "b"}]})
    assert cli.main(["score"]) == 2


def test_score_compares_with_an_earlier_instant(told: Server, capsys: Printed) -> None:
    told.script = [Answer(200, score_page(data_1="2026-03-01T00:00:00Z")), Answer(200, {**score_page(), "score": 0})]
    arguments = ["score", "--system", "fraud-scorer", "--markdown", "--since", "2026-01-01T00:00:00Z"]
    assert cli.main(arguments) == 0
    assert told.asked[1].query == {"at": "2026-01-01T00:00:00Z"}
    text = capsys.readouterr().out
    assert "| Score | 0 | 0.5 |" in text
    assert "- data-1: none → manual" in text


def test_plan_shows_the_steps(told: Server, capsys: Printed) -> None:
    steps: list[dict[str, Any]] = [{"test": "data-2", "from": "none", "to": "manual", "title": "Features pay off"}]
    steps.append({**steps[0], "from": "manual", "to": "automated", "effort": "M", "score": 0.5, "leans_on": ["data-1"]})
    told.pages["/api/v1/systems/fraud-scorer/plan/"] = Answer(200, {"steps": steps})
    assert cli.main(["plan", "--system", "fraud-scorer", "--target", "2"]) == 0
    assert told.asked[0].query == {"target": "2.0"}
    printed = capsys.readouterr().out
    assert "1. data-2: none -> manual  Features pay off\n" in printed
    assert "2. data-2: manual -> automated  Features pay off  (effort M, score 0.5 then, leans on data-1," in printed


RUN = ["run", "--system", "fraud-scorer", "--test", "infra-3", "--", sys.executable, "-c"]


@pytest.mark.parametrize(
    ("script", "code", "status"),
    [
        ("pass", 0, "passed"),
        ("raise SystemExit(3)", 3, "failed"),
        ("raise SystemExit(-1)", 255, "failed"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", 137, "error"),
    ],
)
def test_run_posts_the_outcome_and_exits_with_its_code(told: Server, script: str, code: int, status: str) -> None:
    assert cli.main([*RUN, script]) == code
    (result,) = told.posted
    assert result["status"] == status
    assert result["metrics"]["duration_seconds"] > 0
    assert f"exit code {code}" in result["message"]


def test_run_tells_of_a_command_that_is_not_there(told: Server, capsys: Printed) -> None:
    assert cli.main(["run", "--test", "infra-3", "--", "no-such-command"]) == 127
    trouble = "no-such-command could not be run: No such file or directory"
    assert (told.posted[0]["status"], told.posted[0]["message"]) == ("error", trouble)
    assert trouble in capsys.readouterr().err


@pytest.mark.parametrize(
    ("item", "said"),
    [
        ('{"test": "data-1", "status": "passed", "colour": 1}', "/results/0: unknown: colour"),
        ('{"check": "a"}', "/results/0: required: status, test"),
        ('{"test": "data-1", "status": "passed", "message": 5}', "/results/0: message: not a text: 5"),
        ('{"test": "data-1", "status": "passed", "metrics": "x"}', "/results/0: metrics: not numbers by name: 'x'"),
        ('{"test": "data-1", "status": "passed", "observed_at": 5}', "/results/0: not an instant with an offset"),
        ("[" * 100_000, "recursion"),
        ("[]", "no results"),
    ],
)
def test_a_file_of_results_is_judged_before_it_is_sent(
    told: Server, tmp_path: Path, capsys: Printed, item: str, said: str
) -> None:
    (tmp_path / "results.json").write_text(item)
    assert cli.main(["post", "--file", str(tmp_path / "results.json")]) == 2
    assert said in capsys.readouterr().err
    assert told.posted == []


def test_run_keeps_its_commands_code_whatever_the_server_says(told: Server) -> None:
    told.script = [problem(400, "no"), Answer(503), problem(400, "no")]
    assert cli.main([*RUN, "raise SystemExit(3)"]) == 3
    assert cli.main([*RUN[:1], "--retries", "0", *RUN[1:], "pass"]) == 0
    assert cli.main([*RUN, "pass"]) == 2


def test_run_passes_a_request_to_end_on_and_reports_the_end(told: Server, installed: Installed) -> None:
    script = "import sys, time; print('ready', flush=True); time.sleep(60)"
    process = subprocess.Popen(
        ["mlscore", *RUN, script], env=installed.environment(told.url), stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    process.terminate()
    process.communicate(timeout=30)
    assert process.returncode == 128 + signal.SIGTERM
    assert told.posted[0]["status"] == "error"


def test_import_sends_each_report_as_it_is(told: Server, tmp_path: Path, capsys: Printed) -> None:
    for name in ("a.xml", "b.xml"):
        (tmp_path / "deep").mkdir(exist_ok=True)
        (tmp_path / "deep" / name).write_bytes(b"<testsuite name='" + name.encode() + b"'/>")
    body = {**STORED, "unmapped": ["tests.test_x::test_y"], "warnings": ["no checks"]}
    told.pages["/api/v1/imports/"] = Answer(body=body)
    arguments = ["import", str(tmp_path / "**" / "*.xml"), "--system", "fraud-scorer", "--run-id", "r 1&2"]
    where = "https://ci.example/1"
    assert cli.main([*arguments, "--model-version", "7", "--run-url", where]) == 0
    first, second = told.asked
    named = {"format": "auto", "system": "fraud-scorer", "run_id": "r 1&2", "model_version": "7", "url": where}
    assert first.query == named
    assert (first.body, second.body) == (b"<testsuite name='a.xml'/>", b"<testsuite name='b.xml'/>")
    printed = capsys.readouterr().out
    assert "no rule maps: tests.test_x::test_y" in printed
    assert "warning: no checks" in printed


def test_import_goes_on_after_a_report_that_is_at_fault(told: Server, tmp_path: Path, capsys: Printed) -> None:
    for name in ("a.xml", "b.xml"):
        (tmp_path / name).write_text(name)
    told.script = [problem(400, "Not JUnit XML.")]
    assert cli.main(["import", str(tmp_path / "*.xml")]) == 2
    assert len(told.asked) == 2
    assert "a.xml: 400: Not JUnit XML." in capsys.readouterr().err
    assert cli.main(["import", "nowhere/*.json", str(tmp_path / "b.xml")]) == 2
    assert len(told.asked) == 3
    assert "nowhere/*.json names no file" in capsys.readouterr().err


def test_a_report_that_no_server_takes_is_told_without_sending_it(told: Server, tmp_path: Path) -> None:
    (tmp_path / "big.xml").write_bytes(b" " * (10 * 1024 * 1024 + 1))
    (tmp_path / "small.xml").write_bytes(b"<testsuite/>")
    assert cli.main(["import", str(tmp_path / "*.xml")]) == 2
    assert [asked.body for asked in told.asked] == [b"<testsuite/>"]


def test_dbts_manifest_travels_beside_its_results_without_its_code(told: Server, tmp_path: Path) -> None:
    node = {
        "unique_id": "test.p.t",
        "tags": ["mlscore:data-1"],
        "config": {"meta": {"mlscore": "data-1"}},
        "raw_code": "select",
    }
    manifest = {"metadata": {}, "nodes": {"test.p.t": node, "model.p.m": {"raw_code": "secret"}}, "macros": {"m": 1}}
    manifest["sources"] = {"source.p.s.t": {"meta": {"mlscore": "monitor-1"}, "loader": "x"}}
    (tmp_path / "run_results.json").write_text('{"results": []}')
    (tmp_path / "manifest.json").write_text(json.dumps(manifest))
    assert cli.main(["import", str(tmp_path / "run_results.json")]) == 0
    (asked,) = told.asked
    assert asked.headers["Content-Type"].startswith("multipart/form-data; boundary=")
    boundary = asked.headers["Content-Type"].partition("=")[2].encode()
    parts = [part.partition(b"\r\n\r\n") for part in asked.body.split(b"--" + boundary)[1:-1]]
    assert b'name="report"; filename="run_results.json"' in parts[0][0]
    assert parts[0][2].removesuffix(b"\r\n") == b'{"results": []}'
    assert b'name="manifest"; filename="manifest.json"' in parts[1][0]
    sent = json.loads(parts[1][2])
    assert sent["nodes"] == {"test.p.t": {key: node[key] for key in ("unique_id", "tags", "config")}}
    assert sent["sources"] == {"source.p.s.t": {"meta": {"mlscore": "monitor-1"}}}
