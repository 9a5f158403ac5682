"""The client against the real server: the page of documentation, and what needs both to be true."""

from __future__ import annotations

import json
import re
import secrets
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from accounts.actors import Actor
from accounts.organisations import create_organisation
from accounts.people import create_person
from accounts.tokens import create_token
from assessments.systems import create_system
from tests.client.conftest import ROOT, Installed
from tests.client.test_pytest_plugin import HEAD, QUIET, SESSION
from tests.docs.pages import DOCS, examples
from tests.docs.test_examples import covers
from tests.evidence.formats.samples import body as sample
from tests.support.live import Live, start_live
from tools.servers import free_port


@dataclass(frozen=True)
class Pipeline:
    """A pipeline's shell, with a token of the server's only system."""

    environment: dict[str, str]
    directory: Path
    token_for_rules: str = ""

    def run(self, *command: str, code: int = 0, **variables: str) -> str:
        """What a command prints; it must exit with `code`."""
        run = subprocess.run(
            command,
            cwd=self.directory,
            env={**self.environment, **variables},
            capture_output=True,
            text=True,
            check=False,
        )
        assert run.returncode == code, run.stdout + run.stderr
        return run.stdout + run.stderr

    def post(self, test: str, *more: str, code: int = 0, within: dict[str, str] | None = None) -> str:
        """What `mlscore post` prints, with these variables besides."""
        return self.run("mlscore", "post", "--test", test, "--status", "passed", *more, code=code, **(within or {}))


@pytest.fixture(scope="module")
def shared(django_db_blocker: Any) -> Iterator[Live]:
    """One server for these tests; each has an organisation of its own on it."""
    live = start_live()
    with django_db_blocker.unblock():
        yield live
    live.stop()


@pytest.fixture
def pipeline(shared: Live, installed: Installed, tmp_path: Path, django_db_blocker: Any) -> Pipeline:
    now, slug = timezone.now(), f"acme-{secrets.token_hex(4)}"
    with django_db_blocker.unblock(), shared.orm():
        owner = create_person(email=f"olga@{slug}.example", name="Olga", password=None, at=now)
        actor = Actor(create_organisation(name="Acme", slug=slug, owner=owner, at=now))
        create_system(actor=actor, name="Fraud scorer", slug="fraud-scorer", at=now)
        tokens = {
            scopes: create_token(
                actor=actor, name="nightly", scopes=scopes.split(), system_id=None, expires_at=None, at=now
            )[1]
            for scopes in ("results:write read", "systems:write")
        }
    environment = {**installed.environment(shared.url), "MLSCORE_SYSTEM": "fraud-scorer"}
    return Pipeline({**environment, "MLSCORE_TOKEN": tokens["results:write read"]}, tmp_path, tokens["systems:write"])


def test_each_command_of_the_page_does_what_it_says(pipeline: Pipeline, agent: str) -> None:
    page = (DOCS / "how-to/connect-a-pipeline.md").read_text(encoding="utf-8")
    found = examples(page)
    assert len(found) >= 7
    (pipeline.directory / "client").symlink_to(ROOT / "client")
    plain = {name: value for name, value in pipeline.environment.items() if name != "PYTHONPATH"}
    printed = ""
    for example in found:
        run = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", example.commands],
            cwd=pipeline.directory,
            env={**plain, "PATH": agent},
            capture_output=True,
            text=True,
            check=False,
        )
        assert run.returncode == 0, example.commands + run.stdout + run.stderr
        printed += run.stdout + run.stderr
        if example.answer:
            assert covers(json.loads(example.answer), json.loads(run.stdout))
    (shown,) = re.findall(r"^```text\n(.*?)^```$", page, flags=re.MULTILINE | re.DOTALL)
    assert shown in printed
    assert "nothing was stored" in printed
    comment = (pipeline.directory / "comment.md").read_text()
    assert "- monitor-2: none → manual" in comment
    assert "| Score | 0 | 0.5 |" in comment


def test_a_call_again_in_the_same_job_is_known_already_and_other_content_is_told(pipeline: Pipeline) -> None:
    job = {"GITLAB_CI": "true", "CI_PIPELINE_ID": "77", "CI_JOB_ID": "501"}
    assert "1 accepted, 0 known already" in pipeline.post("data-1", within=job)
    assert "0 accepted, 1 known already" in pipeline.post("data-1", within=job)
    assert "--run-id" in pipeline.post("data-1", "--message", "other", code=2, within=job)
    assert "1 accepted, 0 known already" in pipeline.post(
        "data-1", "--message", "other", within={**job, "CI_JOB_ID": "502"}
    )


def test_wrong_input_exits_2_and_names_the_fields(pipeline: Pipeline) -> None:
    said = pipeline.post("data-99", code=2)
    assert "/results/0/test: 'data-99' is no test" in said
    pipeline.run("mlscore", "gate", "--min-score", "1", code=1)
    pipeline.run("mlscore", "gate", code=2)
    pipeline.post("data-1", code=2, within={"MLSCORE_TOKEN": "mls_wrong"})


def test_what_an_outage_kept_arrives_with_the_next_call(pipeline: Pipeline) -> None:
    away = {"MLSCORE_URL": f"http://127.0.0.1:{free_port()}", "MLSCORE_SPOOL": str(pipeline.directory / "spool")}
    assert "kept in" in pipeline.post("data-1", within=away)
    assert "kept in" in pipeline.post("data-99", within=away)
    said = pipeline.post("data-2", within={"MLSCORE_SPOOL": away["MLSCORE_SPOOL"]})
    assert "sent 1 spooled earlier" in said
    assert "'data-99' is no test" in said
    score = json.loads(pipeline.run("mlscore", "score", "--json"))
    assert {test["key"] for test in score["tests"] if test["runs"]} == {"data-1", "data-2"}
    assert len(list((pipeline.directory / "spool" / "refused").iterdir())) == 1


def test_a_plan_is_followed_until_nothing_is_left(pipeline: Pipeline) -> None:
    assert "Name a target" in pipeline.run("mlscore", "plan", code=2)
    plan = json.loads(pipeline.run("mlscore", "plan", "--target", "0.5", "--json"))
    printed = pipeline.run("mlscore", "plan", "--target", "0.5").splitlines()
    assert [line.split()[1] for line in printed] == [f"{step['test']}:" for step in plan["steps"]]
    assert len(plan["steps"]) == 4
    for step in plan["steps"]:
        pipeline.post(step["test"])
        assert json.loads(pipeline.run("mlscore", "score", "--json"))["score"] == step["score"]
    assert "Nothing left to do." in pipeline.run("mlscore", "plan", "--target", "0.5")


def test_the_pytest_plugin_posts_to_the_real_server(pipeline: Pipeline) -> None:
    (pipeline.directory / "pytest.ini").write_text("[pytest]\n")
    tests = (
        '@mark("model-6", check="slices")\n@pytest.mark.parametrize("n", [1, 2])\ndef test_it(n):\n    assert n < 2\n'
    )
    (pipeline.directory / "test_it.py").write_text(HEAD + tests)
    said = pipeline.run(*SESSION, *QUIET, "--mlscore", "-n", "2", code=1)
    assert "model-6: none -> manual" in said
    score = json.loads(pipeline.run("mlscore", "score", "--json"))
    assert next(test["health"] for test in score["tests"] if test["key"] == "model-6") == "failing"


def test_reports_go_in_by_their_own_keys_and_by_rules(pipeline: Pipeline) -> None:
    token = pipeline.token_for_rules
    toml = '[[rules]]\npattern = "tests.features.*"\ntest = "data-1"\n[[rules]]\npattern = "test.*"\ntest = "{}"\n'
    (pipeline.directory / "faulty.toml").write_text(toml.format("data-99"))
    (pipeline.directory / "rules.toml").write_text(toml.format("data-2"))
    assert "/rules/1/test" in pipeline.run("mlscore", "mapping", "push", "faulty.toml", code=2, MLSCORE_TOKEN=token)
    assert "+ test.* -> data-2" in pipeline.run("mlscore", "mapping", "push", "rules.toml", "--dry-run")
    assert "2 rules in force" in pipeline.run("mlscore", "mapping", "push", "rules.toml", MLSCORE_TOKEN=token)
    pipeline.run("mlscore", "mapping", "pull", "pulled.toml")
    assert "Nothing would change." in pipeline.run("mlscore", "mapping", "push", "pulled.toml", "--dry-run")
    cases = "".join(f'<testcase classname="tests.{of}" name="it"/>' for of in ("features", "ui"))
    (pipeline.directory / "report.xml").write_text(f"<testsuite>{cases}</testsuite>")
    (pipeline.directory / "run_results.json").write_bytes(sample("dbt/test_pass.run_results.json"))
    first = json.loads(sample("dbt/test_pass.run_results.json"))["results"][0]["unique_id"]
    manifest = {"nodes": {first: {"tags": ["mlscore:monitor-1"]}}}
    (pipeline.directory / "manifest.json").write_text(json.dumps(manifest))
    command = ("mlscore", "import", "report.xml", "run_results.json", "--run-id", "1")
    said = pipeline.run(*command)
    assert "no rule maps: tests.ui.it" in said
    assert "0 known already" in said
    assert "0 accepted" in pipeline.run(*command)
    score = json.loads(pipeline.run("mlscore", "score", "--json"))
    assert {test["key"] for test in score["tests"] if test["runs"]} == {"data-1", "data-2", "monitor-1"}
    (pipeline.directory / "cut.xml").write_text("<testsuite><testcase name='a'/>")
    assert "cut.xml" in pipeline.run("mlscore", "import", "cut.xml", "--run-id", "2", code=2)
