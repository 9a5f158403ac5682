"""Imports point one way: each room imports only what is below it."""

from __future__ import annotations

from pathlib import Path

from importlinter.application.use_cases import create_report, read_user_options
from importlinter.configuration import configure

ROOT = Path(__file__).resolve().parent.parent.parent


def test_every_contract_between_the_rooms_is_kept() -> None:
    configure()
    report = create_report(read_user_options(str(ROOT / "pyproject.toml")))
    broken = [contract.name for contract, check in report.get_contracts_and_checks() if not check.kept]
    assert broken == []
    assert len(report.contracts) == 3


def test_the_product_imports_neither_tests_nor_tools() -> None:
    rooms = ("mlscore_site", "dashboards", "api", "scores", "evidence", "assessments", "accounts", "rubric")
    strays = [
        f"{path.relative_to(ROOT)}: {line}"
        for room in rooms
        for path in (ROOT / room).rglob("*.py")
        for line in path.read_text(encoding="utf-8").splitlines()
        if line.lstrip().startswith(("from tests", "import tests", "from tools", "import tools"))
    ]
    assert strays == []
