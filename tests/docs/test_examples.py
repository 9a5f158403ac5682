"""The commands of how-to pages and of README.md do what they say, run by bash and curl against a real server."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.docs.pages import DOCS, ROOT, Example, examples
from tests.support.live import Live

MARK = "=== answer of an example ==="
SECONDS = 240


@pytest.fixture
def answers(live: Live) -> list[tuple[Example, str]]:
    """Every example of the pages with what it printed, from one shell that started with an empty server."""
    pages = ["how-to/post-results.md", "how-to/gate-badge-and-versions.md", "how-to/record-releases.md"]
    found = [example for page in pages for example in examples((DOCS / page).read_text(encoding="utf-8"))]
    found += readme_examples(live.url)
    script = "set -euo pipefail\n" + "".join(f"{example.commands}\necho; echo '{MARK}'\n" for example in found)
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    assert shutil.which("curl", path=path), "the examples need curl"
    environment = {**live.environment, "PATH": path, "MLSCORE_URL": live.url}
    run = subprocess.run(
        ["bash", "-c", script], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=SECONDS, check=False
    )
    assert run.returncode == 0, run.stderr
    printed = run.stdout.split(MARK)[:-1]
    assert len(printed) == len(found)
    return list(zip(found, printed, strict=True))


def readme_examples(url: str) -> list[Example]:
    """README.md's examples, for the server at this address and a system of the demo's name."""
    created = "python manage.py create_system --organisation acme --name 'Card fraud' --slug card-fraud-scoring"
    readme = (ROOT / "README.md").read_text(encoding="utf-8").replace("http://127.0.0.1:8000", url)
    return [Example(created, ""), *examples(readme)]


def covers(shown: Any, real: Any) -> bool:
    """Whether all that is shown is in the real answer; objects may have further members."""
    if isinstance(shown, dict):
        return isinstance(real, dict) and all(key in real and covers(shown[key], real[key]) for key in shown)
    if isinstance(shown, list):
        return isinstance(real, list) and len(shown) == len(real) and all(map(covers, shown, real))
    return bool(shown == real)


def test_each_command_answers_what_the_page_shows(answers: list[tuple[Example, str]]) -> None:
    compared = 0
    for example, printed in answers:
        if example.answer:
            assert covers(json.loads(example.answer), json.loads(printed)), f"{example.commands}\nprinted {printed}"
            compared += 1
    assert compared >= 10
    assert json.loads(answers[-1][1])["accepted"] == 1, "what README.md shows"
    check_history(json.loads(next(printed for example, printed in answers if "/history/" in example.commands)))


def check_history(answer: dict[str, Any]) -> None:
    """The run of 2025 rose and lapsed in the past; what holds today lapses in the future."""
    data = [point["categories"]["data"] for point in answer["points"]]
    assert data[:2] == [0.5, 0]
    assert max(data) == 1
    assert data[-1] == 0
    assert [point["at"] for point in answer["points"]][:2] == ["2025-03-01T02:00:00Z", "2025-03-31T02:00:00Z"]
