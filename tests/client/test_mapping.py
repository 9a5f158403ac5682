"""Mapping rules in a file: what is read back, and what is no file of rules."""

from __future__ import annotations

from pathlib import Path

import pytest
from mlscore_client.errors import Misconfigured
from mlscore_client.mapping import difference, read_rules, write_rules

RULES = [{"pattern": 'odd "\\" \x7f é*\n', "test": "model-6"}, {"pattern": "a.*", "test": "data-1", "format": "dbt"}]


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    name = str(tmp_path / "rules.toml")
    write_rules(name, [{**RULES[0], "format": None}, RULES[1]])
    assert read_rules(name) == RULES
    write_rules(name, [])
    assert read_rules(name) == []


@pytest.mark.parametrize(
    "text", ["rules = 1", "[[rule]]\npattern = 'a'", "rules = ['a']", "not toml", "[[rules]]\ntest = 2026-11-21"]
)
def test_what_is_no_file_of_rules_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "rules.toml"
    path.write_text(text)
    with pytest.raises(Misconfigured):
        read_rules(str(path))
    with pytest.raises(Misconfigured):
        read_rules(str(tmp_path / "none.toml"))


@pytest.mark.parametrize(
    ("after", "lines"),
    [
        (RULES, []),
        (RULES[::-1], ["the same rules in another order"]),
        ([RULES[0]], ["- a.* -> data-1 (dbt)"]),
        ([*RULES, {"pattern": "b", "test": "data-2"}], ["+ b -> data-2"]),
    ],
)
def test_the_difference_names_rules_that_come_and_go(after: list[dict[str, str]], lines: list[str]) -> None:
    assert difference(RULES, after) == lines
