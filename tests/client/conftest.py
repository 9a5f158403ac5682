"""The client as its users have it: installed on its own, in an environment without a CI's variables."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.client.server import Server, running
from tests.support.environment import scratch_directory

ROOT = Path(__file__).resolve().parent.parent.parent
# Its modules are imported from where they are written; what is installed runs in processes of its own.
sys.path.append(str(ROOT / "client" / "src"))

OF_A_CI = (
    "AIRFLOW_",
    "ARGO_",
    "BUILDKITE",
    "BUILD_",
    "CHANGE_",
    "CI",
    "GIT_",
    "GITHUB_",
    "GITLAB_",
    "JENKINS_",
    "JOB_",
)
ALSO_OF_A_CI = ("BRANCH_", "KFP_", "MLSCORE_", "NODE_", "RUNNER_", "STAGE_", "SYSTEM_", "TAG_", "TF_BUILD", "PYTEST_")
TOKEN = "mls_secret"


@pytest.fixture(autouse=True)
def _no_ci(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wherever the suite runs, its tests say themselves what is in the environment."""
    for name in list(os.environ):
        if name.startswith(OF_A_CI + ALSO_OF_A_CI) and name != "PYTEST_CURRENT_TEST":
            monkeypatch.delenv(name)


@pytest.fixture
def server() -> Iterator[Server]:
    with running() as started:
        yield started


@pytest.fixture
def told(server: Server, monkeypatch: pytest.MonkeyPatch) -> Server:
    """The server, named to the client by the environment; a client that waits for nothing."""
    monkeypatch.setenv("MLSCORE_URL", server.url)
    monkeypatch.setenv("MLSCORE_TOKEN", TOKEN)
    monkeypatch.setattr("mlscore_client.transport.FIRST_DELAY", 0.001)
    monkeypatch.setattr("mlscore_client.transport.LONGEST_DELAY", 0.002)
    return server


@dataclass(frozen=True)
class Installed:
    """The directory that `pip install` filled."""

    directory: Path

    def environment(self, url: str = "", **variables: str) -> dict[str, str]:
        """A process's environment with the command on the PATH, and with the server at `url` when one is given."""
        server = {"MLSCORE_URL": url, "MLSCORE_TOKEN": TOKEN, "MLSCORE_RETRIES": "0"} if url else {}
        path = os.pathsep.join([str(self.directory / "bin"), str(Path(sys.executable).parent), os.environ["PATH"]])
        return {**os.environ, "PATH": path, "PYTHONPATH": str(self.directory), **server, **variables}


@pytest.fixture(scope="session")
def installed() -> Installed:
    """`pip install ./client`, on its own, once for the session."""
    directory = scratch_directory() / "client"
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(directory), "./client"]
    subprocess.run(command, cwd=ROOT, check=True)
    return Installed(directory)


@pytest.fixture(scope="session")
def agent() -> str:
    """The PATH of a build agent: a Python of its own, in which a CI's script may install what it likes."""
    directory = scratch_directory() / "agent"
    subprocess.run([sys.executable, "-m", "venv", str(directory)], check=True)
    return os.pathsep.join([str(directory / "bin"), os.environ["PATH"]])
