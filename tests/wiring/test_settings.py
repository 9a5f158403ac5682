"""The settings: documented wholly, safe in production, and a secret key that keeps itself."""

from __future__ import annotations

import ast
import importlib.util
import os
import re
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from mlscore_site.secret_key import kept_secret_key

ROOT = Path(__file__).resolve().parent.parent.parent
PRODUCTION = {
    "SECRET_KEY": "x" * 20 + "".join(chr(65 + number) for number in range(26)) + "0123456789" * 2,
    "PUBLIC_URL": "https://scores.example",
    "TLS": "1",
    "LOG_LEVEL": "ERROR",
}


def variables_read() -> set[str]:
    """The names of the variables that the product's code reads: the first argument of env.X(...) and os.environ."""
    names = set()
    for path in [*ROOT.glob("mlscore_site/*.py"), *ROOT.glob("tools/*.py")]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names |= variable_of(node)
    return names - {"DJANGO_SETTINGS_MODULE", "PROMETHEUS_MULTIPROC_DIR"}


def variable_of(node: ast.AST) -> set[str]:
    """The variable that a call such as `env.bool("TLS")` or `os.environ.get("PORT")` reads."""
    if not isinstance(node, ast.Call) or not node.args or not isinstance(node.args[0], ast.Constant):
        return set()
    reader = ast.unparse(node.func)
    if not re.fullmatch(r"env\.\w+|os\.environ\.(get|setdefault)|os\.getenv", reader):
        return set()
    return {str(node.args[0].value)}


def test_every_variable_is_documented_and_every_documented_one_is_read() -> None:
    page = (ROOT / "docs/reference/configuration.md").read_text(encoding="utf-8")
    documented = set(re.findall(r"^\| `([A-Z][A-Z0-9_]+)` \|", page, flags=re.MULTILINE))
    assert documented == variables_read()


def test_no_other_code_reads_the_environment() -> None:
    rooms = [
        *("accounts", "api", "assessments", "dashboards", "evidence", "exports", "keyless", "notify", "rubric"),
        "scores",
    ]
    readers = [
        str(path)
        for room in rooms
        for path in (ROOT / room).rglob("*.py")
        if re.search(r"os\.environ|os\.getenv", path.read_text(encoding="utf-8")) and "management" not in path.parts
    ]
    assert readers == []


def manage(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a management command in a clean environment, like an operator's."""
    command = [sys.executable, "-W", "error::DeprecationWarning:mlscore_site", "manage.py", *arguments]
    path = {"PATH": os.environ["PATH"]}
    return subprocess.run(command, cwd=ROOT, env=path | environment, capture_output=True, text=True, check=False)


def test_the_deployment_check_is_clean(tmp_path: Path) -> None:
    run = manage("check", "--deploy", "--fail-level", "DEBUG", DATA_DIR=str(tmp_path), **PRODUCTION)
    assert (run.returncode, run.stderr) == (0, "")
    assert "no issues (0 silenced)" in run.stdout


def test_the_deployment_check_finds_fault_without_tls(tmp_path: Path) -> None:
    run = manage("check", "--deploy", "--fail-level", "WARNING", DATA_DIR=str(tmp_path), **(PRODUCTION | {"TLS": "0"}))
    assert run.returncode != 0
    assert "SESSION_COOKIE_SECURE" in run.stderr


def test_models_and_migrations_agree(tmp_path: Path) -> None:
    run = manage("makemigrations", "--check", "--dry-run", DATA_DIR=str(tmp_path))
    assert run.returncode == 0, run.stdout


def test_argon2_hashes_new_passwords() -> None:
    source = importlib.util.find_spec("mlscore_site.settings")
    assert source is not None and source.origin is not None
    text = Path(source.origin).read_text(encoding="utf-8")
    hashers = re.search(r"PASSWORD_HASHERS = \[\s*\"([^\"]+)\"", text)
    assert hashers is not None
    assert hashers[1] == "django.contrib.auth.hashers.Argon2PasswordHasher"


def test_the_policy_allows_nothing_unsafe(settings: Settings) -> None:
    directives = settings.CONTENT_SECURITY_POLICY["DIRECTIVES"]
    assert directives["default-src"] == ["'self'"]
    assert "unsafe" not in str(directives)
    assert {"script-src", "style-src"}.isdisjoint(directives)


def test_the_secret_key_is_made_once_and_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "data" / "secret_key"
    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(lambda _: kept_secret_key(path), range(32)))
    assert len(keys) == 1
    assert len(keys.pop()) >= 50
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [entry.name for entry in path.parent.iterdir()] == ["secret_key"]


@pytest.mark.parametrize(("given", "used"), [({"SECRET_KEY": "given"}, "given"), ({}, None)])
def test_a_given_key_is_used_and_not_kept(tmp_path: Path, given: dict[str, str], used: str | None) -> None:
    script = "from django.conf import settings; print(settings.SECRET_KEY)"
    run = manage("shell", "--no-imports", "-c", script, DATA_DIR=str(tmp_path), LOG_LEVEL="ERROR", **given)
    key = run.stdout.strip()
    assert key == (used or (tmp_path / "secret_key").read_text(encoding="ascii"))
    assert (tmp_path / "secret_key").exists() == (used is None)
