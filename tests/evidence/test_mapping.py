"""Which test a check evidences: patterns, formats, order, the system's rules before the organisation's."""

from __future__ import annotations

import time

import pytest

from evidence.mapping import Mapper, Match, Rule, Source

TESTS = {"data-1", "data-2", "model-6", "infra-3"}


@pytest.mark.parametrize(
    ("pattern", "name", "matches"),
    [
        ("tests.test_features.*", "tests.test_features.test_range", True),
        ("tests.test_features.*", "other.tests.test_features.test_range", False),
        ("*range", "tests.test_range", True),
        ("tests.test_range", "tests.test_range", True),
        ("tests.test_range", "tests.test_range_wide", False),
        ("Tests.*", "tests.test_range", False),
        ("test_?", "test_a", True),
        ("test_?", "test_ab", False),
        ("test_[ab]", "test_a", True),
        ("test_[!ab]", "test_a", False),
        ("test_it[1-2]", "test_it[1-2]", True),
        ("test_it[[]*", "test_it[1-2]", True),
        ("row_count > 0 (orders)", "row_count > 0 (orders)", True),
        ("a.*.b", "a.x.y/z.b", True),
        ("*", "two\nlines", True),
    ],
)
def test_a_pattern_is_a_glob_on_the_whole_name(pattern: str, name: str, *, matches: bool) -> None:
    found = Mapper([Rule(pattern, "data-1")], [], TESTS).find(name, "junit")
    assert (found is not None) is matches


OWN = [Rule("a.*", "data-1", "dbt"), Rule("a.b", "data-2"), Rule("a.*", "model-6")]
SHARED = [Rule("*", "gone-1"), Rule("a.*", "infra-3"), Rule("z", "data-2")]


@pytest.mark.parametrize(
    ("name", "format_name", "key", "expected"),
    [
        ("a.b", "junit", None, Match("data-2", Source.SYSTEM, 1)),
        ("a.b", "dbt", None, Match("data-1", Source.SYSTEM, 0)),
        ("a.c", "junit", None, Match("model-6", Source.SYSTEM, 2)),
        ("z", "junit", None, Match("data-2", Source.ORGANISATION, 2)),
        ("y", "junit", None, None),
        ("y", "junit", "infra-3", Match("infra-3", Source.CHECK)),
        ("a.b", "junit", "data-1", Match("data-1", Source.CHECK)),
        ("a.b", "junit", "unknown-1", Match("data-2", Source.SYSTEM, 1)),
    ],
)
def test_the_key_of_a_check_then_the_first_rule_wins(
    name: str, format_name: str, key: str | None, expected: Match | None
) -> None:
    assert Mapper(OWN, SHARED, TESTS).find(name, format_name, key) == expected


def test_a_pattern_of_many_stars_takes_no_time() -> None:
    mapper = Mapper([Rule("*a" * 149 + "b", "data-1")], [], TESTS)
    start = time.process_time()
    assert mapper.find("a" * 300, "junit") is None
    assert time.process_time() - start < 1


def test_the_first_of_hundreds_of_rules_wins_for_thousands_of_names() -> None:
    rules = [Rule(f"suite.{number}.*", "data-1", "dbt" if number % 2 else None) for number in range(500)]
    mapper = Mapper([*rules, Rule("suite.[0-9]*", "data-2")], [], TESTS)
    start = time.process_time()
    found = [mapper.find(f"suite.{number % 500}.case", "junit") for number in range(10_000)]
    assert time.process_time() - start < 2
    assert found[8] == Match("data-1", Source.SYSTEM, 8)
    assert found[7] == Match("data-2", Source.SYSTEM, 500)
    assert mapper.find("suite.7.case", "dbt") == Match("data-1", Source.SYSTEM, 7)
