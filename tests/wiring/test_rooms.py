"""Imports point one way: each room imports only what is below it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
ROOMS = (
    "mlscore_site",
    "dashboards",
    "api",
    "exports",
    "scores",
    "evidence",
    "keyless",
    "assessments",
    "notify",
    "accounts",
    "rubric",
)


def test_every_contract_between_the_rooms_is_kept() -> None:
    command = [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    run = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
    assert "0 broken" in run.stdout


def test_the_product_imports_neither_tests_nor_tools() -> None:
    strays = [
        f"{path.relative_to(ROOT)}: {line}"
        for room in ROOMS
        for path in (ROOT / room).rglob("*.py")
        for line in path.read_text(encoding="utf-8").splitlines()
        if line.lstrip().startswith(("from tests", "import tests", "from tools", "import tools"))
    ]
    assert strays == []
