"""docs/reference/commands.md names every target of the Makefile and every command of manage.py, with all its options."""

from __future__ import annotations

import re

import pytest
from django.core.management import get_commands, load_command_class
from django.core.management.base import BaseCommand

from tests.docs.pages import DOCS, ROOT, table

PAGE = (DOCS / "reference/commands.md").read_text(encoding="utf-8")
ROOMS = {"accounts", "api", "assessments", "dashboards", "evidence", "notify", "scores"}
OWN = {name: app for name, app in get_commands().items() if app in ROOMS}
COMMANDS = {row[0].split()[0]: row[0] for row in table(PAGE, "command", "does")}


def test_every_target_of_make_is_documented_and_no_other() -> None:
    targets = set(re.findall(r"^\.PHONY: (.+)$", (ROOT / "Makefile").read_text(encoding="utf-8"), flags=re.MULTILINE))
    documented = {row[0].removeprefix("make ") for row in table(PAGE, "target", "does")}
    assert documented == {name for line in targets for name in line.split()}


def test_every_command_is_documented_and_no_other() -> None:
    assert set(COMMANDS) == set(OWN)


@pytest.mark.parametrize("name", sorted(OWN))
def test_a_command_is_shown_with_its_options(name: str) -> None:
    parser = load_command_class(OWN[name], name).create_parser("manage.py", name)
    of_django = BaseCommand().create_parser("manage.py", name)._option_string_actions
    options = {option for option in parser._option_string_actions if option.startswith("--")} - set(of_django)
    assert set(re.findall(r"--[a-z-]+", COMMANDS[name])) == options
