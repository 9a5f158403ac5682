"""The snippets for CIs, run as their CIs run them: the shell and the variables are theirs, the server is a small one."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml

from tests.client.conftest import ROOT, TOKEN
from tests.client.server import Answer, Server
from tests.client.test_environment import GITHUB, GITLAB, JENKINS

SNIPPETS = ROOT / "client" / "snippets"
VERDICT = {"passed": False, "conditions": [], "markdown": ""}
EXPRESSION = re.compile(r"\$\{\{\s*(.*?)\s*\}\}")


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """A checkout in which tests have left their reports."""
    (tmp_path / "reports" / "deep").mkdir(parents=True)
    for name in ("unit.xml", "deep/slow tests.xml"):
        (tmp_path / "reports" / name).write_text("<testsuite/>")
    return tmp_path


def imported(server: Server) -> list[dict[str, str]]:
    return [asked.query for asked in server.asked if asked.path == "/api/v1/imports/"]


@dataclass
class ActionRunner:
    """Runs a composite action as GitHub's runner does: inputs and expressions, files for outputs, bash with its options."""

    directory: Path
    variables: dict[str, str]
    inputs: dict[str, str]
    outputs: dict[str, str] = field(default_factory=dict)

    def run(self, action: Path) -> int:
        """The exit code of the first step that fails, else 0."""
        definition = yaml.safe_load(action.read_text())
        given = {**self.inputs}
        for name, described in definition["inputs"].items():
            self.inputs[name] = given.get(name, self.filled(described.get("default", "")))
        files = {name: self.directory / name.lower() for name in ("GITHUB_STEP_SUMMARY", "GITHUB_OUTPUT")}
        for step in definition["runs"]["steps"]:
            if not self.holds(step.get("if", "true")):
                continue
            own = {name: self.filled(value) for name, value in step.get("env", {}).items()}
            base = {"GITHUB_ACTION_PATH": str(action.parent), "RUNNER_TEMP": str(self.directory)}
            environment = {**self.variables, **base, **{name: str(path) for name, path in files.items()}, **own}
            assert step["shell"] == "bash"
            assert not EXPRESSION.search(step["run"]), "an input in a script is an injection"
            command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]]
            code = subprocess.run(command, cwd=self.directory, env=environment, check=False).returncode
            if code:
                return code
        return 0

    def filled(self, text: str) -> str:
        return EXPRESSION.sub(lambda match: self.value(match[1]), str(text))

    def value(self, expression: str) -> str:
        known = {f"inputs.{name}": value for name, value in self.inputs.items()} | {"strategy.job-index": "3"}
        return known[expression]

    def holds(self, condition: str) -> bool:
        """Whether a condition of `==`, `!=` and `||` holds."""
        if condition == "true":
            return True
        return any(self.compared(*re.split(r"\s*([!=]=)\s*", part.strip())) for part in condition.split("||"))

    def compared(self, left: str, sign: str, right: str) -> bool:
        return (self.value(left) == right.strip("'")) == (sign == "==")


def test_the_github_action_imports_and_asks_the_gate(workspace: Path, agent: str, server: Server) -> None:
    server.pages["/api/v1/systems/fraud-scorer/gate/"] = Answer(200, VERDICT)
    inputs = {"url": server.url, "token": TOKEN, "system": "fraud-scorer", "min-score": "2"}
    inputs["reports"] = "reports/*.xml\nreports/deep/slow tests.xml\n"
    runner = ActionRunner(workspace, {**os.environ, **GITHUB, "PATH": agent}, inputs)
    assert runner.run(SNIPPETS / "github-action" / "action.yml") == 1, "the gate fails"
    assert [query["run_id"] for query in imported(server)] == ["github/acme/fraud/nightly/77/checks/3/1"] * 2
    assert imported(server)[0]["branch"] == "main"
    assert "MLScore: fraud-scorer" in (workspace / "github_step_summary").read_text()
    assert (workspace / "github_output").read_text() == f"markdown={workspace}/mlscore.md\n"
    assert server.asked[-1].query == {"min_score": "2.0"}


def test_the_gitlab_template_imports_and_asks_the_gate(workspace: Path, agent: str, server: Server) -> None:
    server.pages["/api/v1/systems/fraud-scorer/gate/"] = Answer(200, {**VERDICT, "passed": True})
    variables = {**GITLAB, "CI_PROJECT_DIR": str(workspace), "MLSCORE_SYSTEM": "fraud-scorer"}
    variables |= {
        "MLSCORE_REPORTS": "reports/**/*.xml",
        "MLSCORE_MAX_DROP": "0.5",
        "MLSCORE_CLIENT": str(ROOT / "client"),
    }
    variables |= {"MLSCORE_URL": server.url, "MLSCORE_TOKEN": TOKEN, "PATH": agent}
    template = yaml.safe_load((SNIPPETS / "gitlab" / "mlscore.gitlab-ci.yml").read_text())
    for name in (".mlscore-import", ".mlscore-gate"):
        job = {**template[template[name]["extends"]], **template[name]}
        own = {key: value.replace("$CI_PROJECT_DIR", str(workspace)) for key, value in job["variables"].items()}
        script = "\n".join(["set -eo pipefail", *job["before_script"], *job["script"]])
        environment = {**os.environ, **variables, **own}
        subprocess.run(["bash", "-c", script], cwd=workspace, env=environment, check=True)
        assert Path(own["MLSCORE_SPOOL"]).relative_to(workspace).as_posix() in job["cache"]["paths"]
    assert [query["run_id"] for query in imported(server)] == ["gitlab/acme/fraud/77/checks/501"] * 2
    assert server.asked[-1].query == {"max_drop": "0.5"}


def test_the_shell_steps_of_the_jenkinsfile_import_and_ask_the_gate(workspace: Path, server: Server) -> None:
    server.pages["/api/v1/systems/fraud-scorer/gate/"] = Answer(200, {**VERDICT, "passed": True})
    steps = re.findall(r"sh '''\n(.*?)'''", (SNIPPETS / "jenkins" / "Jenkinsfile").read_text(), flags=re.DOTALL)
    assert len(steps) == 3
    variables = {
        **os.environ,
        **JENKINS,
        "MLSCORE_URL": server.url,
        "MLSCORE_TOKEN": TOKEN,
        "MLSCORE_SYSTEM": "fraud-scorer",
    }
    variables |= {"MLSCORE_SPOOL": str(workspace / "spool"), "MLSCORE_CLIENT": str(ROOT / "client")}
    for step in steps:
        subprocess.run(["sh", "-xe", "-c", step], cwd=workspace, env=variables, check=True)
    assert [query["run_id"] for query in imported(server)] == ["jenkins/fraud/main/77/checks/agent-1-0"] * 2
    assert server.asked[-1].query == {"min_score": "2.0", "max_drop": "0.5"}


@pytest.fixture
def callbacks(told: Server, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The snippet's callbacks for the test data-1."""
    monkeypatch.syspath_prepend(SNIPPETS / "airflow")
    sys.modules.pop("mlscore_callbacks", None)
    from mlscore_callbacks import mlscore_callbacks

    return mlscore_callbacks("data-1", system="fraud-scorer")


def context(**values: Any) -> dict[str, Any]:
    """What Airflow hands to a callback, as far as the snippet reads it."""
    task = {"dag_id": "train", "run_id": "scheduled__1", "task_id": "checks", "try_number": 2, "map_index": -1}
    return {"ti": SimpleNamespace(**task, log_url="https://airflow.example.org/log"), **values}


def test_the_airflow_callbacks_report_each_try(callbacks: dict[str, Any], told: Server) -> None:
    callbacks["on_success_callback"](context())
    callbacks["on_failure_callback"](context(exception=ValueError("too few rows")))
    passed, failed = told.posted
    assert (passed["status"], passed["check"], passed["run_id"]) == (
        "passed",
        "train.checks",
        "airflow/train/scheduled__1/checks/2",
    )
    assert passed["url"] == "https://airflow.example.org/log"
    assert (failed["status"], failed["message"]) == ("failed", "ValueError: too few rows")


def test_an_airflow_callback_never_fails_its_task(
    callbacks: dict[str, Any], told: Server, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("WARNING", logger="mlscore_callbacks")
    told.script = [Answer(400, {"detail": "no"})]
    callbacks["on_success_callback"](context())
    assert "400: no" in caplog.text
    monkeypatch.delenv("MLSCORE_URL")
    callbacks["on_success_callback"](context())
    assert "MLSCORE_URL is not set" in caplog.text
