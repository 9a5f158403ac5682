"""`mlscore event`: what it sends, and that it is the same event when it is sent again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from mlscore_client import cli

from tests.client.server import Answer, Server

EVENT = ["event", "--system", "fraud-scorer", "--kind", "release", "--title", "Version 7"]
PATH = "/api/v1/systems/fraud-scorer/events/"
RECORDED = Answer(
    201, {"system": "fraud-scorer", "kind": "release", "title": "Version 7", "at": "2026-05-01T08:00:00Z"}
)


@pytest.fixture
def job(told: Server, monkeypatch: pytest.MonkeyPatch) -> Server:
    """The server, told to by a job of GitLab."""
    monkeypatch.setenv("GITLAB_CI", "true")
    monkeypatch.setenv("CI_PIPELINE_ID", "77")
    monkeypatch.setenv("CI_COMMIT_SHA", "abc")
    monkeypatch.setenv("MLSCORE_MODEL_VERSION", "7")
    told.pages[PATH] = RECORDED
    return told


def test_an_event_takes_what_it_leaves_open_from_the_environment(
    job: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main([*EVENT, "--text", "Trained on May.", "--at", "2026-05-01T10:00:00+02:00"]) == 0
    (asked,) = job.asked
    sent = asked.json
    assert (asked.method, asked.path) == ("POST", PATH)
    assert sent.pop("event_id").startswith("gitlab/77/release/")
    assert sent == {
        "kind": "release",
        "title": "Version 7",
        "text": "Trained on May.",
        "at": "2026-05-01T08:00:00Z",
        "commit": "abc",
        "model_version": "7",
    }
    assert "fraud-scorer: the release Version 7 stands at 2026-05-01T08:00:00Z" in capsys.readouterr().out


def test_a_repeated_call_in_one_job_is_the_same_event(job: Server) -> None:
    for more in ([], [], ["--title", "Version 8"], ["--event-id", "mine"]):
        assert cli.main([*EVENT, *more]) == 0
    ids = [asked.json["event_id"] for asked in job.asked]
    assert ids[0] == ids[1] and len(set(ids)) == 3 and ids[3] == "mine"
    assert not any("at" in asked.json for asked in job.asked)


def test_an_event_without_an_answer_is_kept_with_its_moment(job: Server, tmp_path: Path) -> None:
    kept = ["--spool", str(tmp_path / "spool"), "--retries", "0"]
    job.script += [Answer(503, {}), RECORDED, RECORDED]
    assert cli.main([*EVENT, *kept]) == 0
    assert cli.main([*EVENT, "--title", "Version 8", *kept]) == 0
    late, after = job.asked[1:]
    assert abs(datetime.now(UTC) - datetime.fromisoformat(late.json["at"])) < timedelta(minutes=1)
    assert (late.json["title"], after.json["title"]) == ("Version 7", "Version 8")


def test_a_moment_that_the_client_chose_gives_way(job: Server, tmp_path: Path) -> None:
    kept = ["--spool", str(tmp_path / "spool"), "--retries", "0"]
    conflict = Answer(409, {"status": 409, "title": "Conflict", "detail": "Other content.", "type": "about:blank"})
    job.script += [Answer(503, {}), conflict, RECORDED]
    assert cli.main([*EVENT, *kept]) == 0
    assert cli.main([*EVENT, "--title", "Version 8", *kept]) == 0
    assert "at" in job.asked[1].json and "at" not in job.asked[2].json
