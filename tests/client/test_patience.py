"""Retries, and the spool that keeps what could not be sent."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from mlscore_client import Client, Refused, Result, Unavailable, cli
from mlscore_client.environment import Provenance
from mlscore_client.settings import Settings
from mlscore_client.transport import Transport

from tests.client.server import Answer, Server, problem
from tools.servers import free_port

LOST = Answer(lost=True)
PASSED = Result(test="data-1", status="passed")


@pytest.fixture
def waits() -> list[float]:
    """How long the client waited, in seconds."""
    return []


@pytest.fixture
def client(server: Server, waits: list[float]) -> Client:
    return client_of(server, waits)


def client_of(server: Server, waits: list[float], **more: object) -> Client:
    settings = Settings(server.url, "mls_secret", "fraud-scorer", **more)  # type: ignore[arg-type]
    return Client(settings, Provenance("run-1"), Transport(settings, sleep=waits.append))


def waiting(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.glob("[0-9]*.json"))


@pytest.mark.parametrize("trouble", [Answer(429), Answer(500), Answer(503), LOST, Answer(200, b"<html>login</html>")])
def test_trouble_that_passes_is_asked_again_with_the_very_same(
    client: Client, server: Server, waits: list[float], trouble: Answer
) -> None:
    server.script = [trouble, trouble]
    client.post([PASSED])
    assert len(server.asked) == 3
    assert len({asked.body for asked in server.asked}) == 1
    assert 0 < waits[0] <= 0.5 <= waits[1] <= 1


def test_the_servers_wish_to_be_left_alone_is_kept(client: Client, server: Server, waits: list[float]) -> None:
    server.script = [Answer(429, headers={"Retry-After": "7"})]
    client.post([PASSED])
    assert 7 < waits[0] < 8


def test_a_server_that_wants_too_long_is_away(client: Client, server: Server, waits: list[float]) -> None:
    server.script = [Answer(503, headers={"Retry-After": "3600"})]
    with pytest.raises(Unavailable):
        client.post([PASSED])
    assert waits == []


def test_patience_ends(client: Client, server: Server, waits: list[float]) -> None:
    server.script = [Answer(500)] * 9
    with pytest.raises(Unavailable, match="500"):
        client.post([PASSED])
    assert len(server.asked) == 5
    assert len(waits) == 4


@pytest.mark.parametrize("status", [400, 401, 403, 404, 413, 415])
def test_a_refusal_is_not_asked_again(client: Client, server: Server, status: int) -> None:
    server.script = [problem(status, "no")]
    with pytest.raises(Refused) as caught:
        client.post([PASSED])
    assert caught.value.status == status
    assert len(server.asked) == 1


def test_a_redirect_takes_the_token_nowhere(told: Server, capsys: pytest.CaptureFixture[str]) -> None:
    told.script = [Answer(302, headers={"Location": told.url + "/elsewhere"})]
    assert cli.main(["post", "--test", "data-1", "--status", "passed"]) == 2
    assert "/elsewhere" in capsys.readouterr().err
    assert len(told.asked) == 1


def test_a_conflict_about_the_clients_own_clock_is_none(client: Client, server: Server) -> None:
    conflict = {"status": 409, "errors": [{"pointer": "/results/1", "detail": "differs"}]}
    server.script = [Answer(409, conflict)]
    client.post([PASSED, Result(test="data-2", status="passed")])
    again = server.asked[1].results
    assert "observed_at" in again[0]
    assert "observed_at" not in again[1]


def test_another_conflict_is_one(client: Client, server: Server) -> None:
    server.script = [problem(409, "differs")] * 2
    with pytest.raises(Refused):
        client.post([PASSED])
    given = Result(test="data-1", status="passed", observed_at=datetime(2026, 3, 1, tzinfo=UTC))
    server.script = [problem(409, "differs")]
    with pytest.raises(Refused):
        client.post([given])
    assert len(server.asked) == 3


def test_the_spool_is_sent_first_and_in_order(server: Server, waits: list[float], tmp_path: Path) -> None:
    client = client_of(server, waits, spool=tmp_path, retries=0)
    server.script = [Answer(503)] * 2
    for name in ("first", "second"):
        kept = client.post([Result(test="data-1", status="passed", check=name)])
        assert kept.spooled == ["1 result"]
    assert len(waiting(tmp_path)) == 2
    # A spool that waits costs a call one attempt, not one for each of its own.
    assert len(server.asked) == 2
    server.asked.clear()
    client.post([Result(test="data-1", status="passed", check="third")])
    assert [result["check"] for result in server.posted] == ["first", "second", "third"]
    assert waiting(tmp_path) == []


def test_what_is_spooled_keeps_its_moment_and_its_run(server: Server, waits: list[float], tmp_path: Path) -> None:
    client = client_of(server, waits, spool=tmp_path, retries=0)
    server.script = [Answer(503)]
    client.post([PASSED])
    (name,) = waiting(tmp_path)
    assert b"mls_secret" not in (tmp_path / name).read_bytes()
    client_of(server, waits, spool=tmp_path).flush()
    first, second = server.posted
    assert first == second
    assert first["run_id"] == "run-1"


def test_what_is_refused_of_a_spool_is_set_aside_with_why(server: Server, waits: list[float], tmp_path: Path) -> None:
    client = client_of(server, waits, spool=tmp_path, retries=0)
    server.script = [Answer(503)] * 2
    client.post([Result(test="data-99", status="passed")])
    client.post([PASSED])
    server.script = [problem(400, "1 value is at fault.", test="no such test")]
    client.post([PASSED])
    assert waiting(tmp_path) == []
    (aside,) = (tmp_path / "refused").iterdir()
    stored = json.loads(aside.read_text())
    assert stored["error"]["status"] == 400
    assert stored["error"]["problem"]["errors"][0]["pointer"] == "/results/0/test"
    assert client.flushed is not None
    assert "no such test" in client.flushed.refused[0]


def test_a_wrong_token_loses_nothing_of_the_spool(server: Server, waits: list[float], tmp_path: Path) -> None:
    client = client_of(server, waits, spool=tmp_path, retries=0)
    server.script = [Answer(503)]
    client.post([PASSED])
    server.script = [problem(401, "expired")] * 2
    with pytest.raises(Refused):
        client.post([PASSED])
    assert len(waiting(tmp_path)) == 1


def test_a_damaged_file_does_not_stop_the_others(server: Server, waits: list[float], tmp_path: Path) -> None:
    (tmp_path / "0000000001.json").write_text("{")
    client_of(server, waits, spool=tmp_path).post([PASSED])
    assert len(server.posted) == 1
    assert [path.name for path in (tmp_path / "refused").iterdir()] == ["0000000001.json"]


def test_a_spooled_import_counts_from_when_it_was_made(told: Server, tmp_path: Path) -> None:
    report, spool = tmp_path / "report.xml", tmp_path / "spool"
    report.write_text("<testsuite/>")
    told.script = [Answer(503)]
    command = ["import", str(report), "--spool", str(spool), "--retries", "0"]
    assert cli.main(command) == 0
    assert "sent_at" not in told.asked[0].query
    told.script = [problem(409, "stored with the file's own time")]
    assert cli.main(["post", "--test", "data-1", "--status", "passed", "--spool", str(spool)]) == 0
    tries = [asked for asked in told.asked if asked.path == "/api/v1/imports/"]
    assert ["sent_at" in asked.query for asked in tries] == [False, True, False]
    assert not any("observed_at" in asked.query for asked in tries)
    assert tries[1].body == b"<testsuite/>"


@pytest.fixture
def nobody(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An address where no server listens."""
    monkeypatch.setenv("MLSCORE_URL", f"http://127.0.0.1:{free_port()}")
    monkeypatch.setenv("MLSCORE_TOKEN", "mls_secret")
    yield


@pytest.mark.usefixtures("nobody")
def test_concurrent_callers_lose_nothing_of_each_other(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "mlscore_client", "post", "--status", "passed", "--retries", "0"]
    command += ["--spool", str(tmp_path), "--test"]
    source = Path(cli.__file__).parent.parent
    environment = {**os.environ, "PYTHONPATH": str(source)}
    callers = [subprocess.Popen([*command, f"data-{n}"], env=environment, stderr=subprocess.PIPE) for n in range(4)]
    assert [caller.wait(60) for caller in callers] == [0] * 4
    for caller in callers:
        caller.communicate()
    assert waiting(tmp_path) == [f"{n:010}.json" for n in range(1, 5)]
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".writing")] == []


@pytest.mark.usefixtures("nobody")
def test_an_outage_with_a_spool_is_a_warning_and_strict_a_failure(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["post", "--test", "data-1", "--status", "passed", "--spool", str(tmp_path), "--retries", "0"]
    start = time.monotonic()
    assert cli.main(command) == 0
    assert "kept in" in capsys.readouterr().err
    assert cli.main([*command, "--strict"]) == 2
    assert len(waiting(tmp_path)) == 2
    assert time.monotonic() - start < 20
