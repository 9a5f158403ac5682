"""The published rubrics: never changed unnoticed, complete, and written for people."""

from __future__ import annotations

import hashlib
import json
import re
from collections import defaultdict
from fractions import Fraction
from itertools import pairwise

import pytest

from rubric.definition import Aggregation, Rubric, Test
from rubric.levels import Level
from rubric.loader import DEFAULT, builtin

RUBRICS = builtin()
NEW, OLD, PRINCIPLES = (RUBRICS[key] for key in ("ml-test-score-2017", "ml-test-score-2016", "key-principles"))
EACH = pytest.mark.parametrize("rubric", RUBRICS.values(), ids=RUBRICS.keys())
EACH_TEST = pytest.mark.parametrize(
    ("rubric", "test"),
    [
        pytest.param(rubric, test, id=f"{key}:{test.key}")
        for key, rubric in RUBRICS.items()
        for test in rubric.tests.values()
    ],
)


def test_the_default_edition_comes_first() -> None:
    assert list(RUBRICS) == [DEFAULT, "ml-test-score-2016", "key-principles"]
    assert all(key == rubric.key for key, rubric in RUBRICS.items())
    assert builtin() is RUBRICS


def scoring_part(rubric: Rubric) -> str:
    """All that a score can depend on, in one canonical line."""
    part = {
        "key": rubric.key,
        "aggregation": rubric.aggregation,
        "scale": {level.key: str(points) for level, points in rubric.scale.items()},
        "categories": [[category.key, [test.key for test in category.tests]] for category in rubric.categories],
        "bands": [[band.key, str(band.edge), band.inclusive] for band in rubric.bands],
    }
    return json.dumps(part, sort_keys=True)


@pytest.mark.parametrize(
    ("key", "digest"),
    [
        ("ml-test-score-2017", "16c2cba9f8396249cfa2a6361c9a4bb1a4b9c0104dca85376b6b8f8c3c9b136e"),
        ("ml-test-score-2016", "47ed26c0975cc4ed2e6b7d79c5865bf50956791889b456b808c47753c07cd086"),
        ("key-principles", "8d8acc90f997249ef4016f96ac1bdd4eb84b828a072853764d02a5a6afc08080"),
    ],
)
def test_what_a_published_rubric_scores_never_changes(key: str, digest: str) -> None:
    """A mismatch means that recorded scores would change their meaning: publish a new edition instead."""
    assert hashlib.sha256(scoring_part(RUBRICS[key]).encode()).hexdigest() == digest


@pytest.mark.parametrize("rubric", [NEW, OLD], ids=["2017", "2016"])
def test_the_ml_test_score_has_seven_tests_in_each_of_four_categories(rubric: Rubric) -> None:
    assert [(category.key, category.title) for category in rubric.categories] == [
        ("data", "Data"),
        ("model", "Model"),
        ("infra", "Infrastructure"),
        ("monitor", "Monitoring"),
    ]
    for category in rubric.categories:
        assert [test.key for test in category.tests] == [f"{category.key}-{place}" for place in range(1, 8)]
    assert rubric.aggregation is Aggregation.MINIMUM_OF_SUMS
    assert rubric.starting_order == ("infra-1", "monitor-1", "monitor-2", "model-6")


def test_the_editions_differ_in_scale() -> None:
    assert [NEW.scale[level] for level in Level] == [0, Fraction(1, 2), 1]
    assert [OLD.scale[level] for level in Level] == [0, 1, 2]
    assert [PRINCIPLES.scale[level] for level in Level] == [0, Fraction(1, 2), 1]
    assert [rubric.maximum for rubric in (NEW, OLD, PRINCIPLES)] == [7, 14, 100]


BANDS = ("research", "serious-holes", "first-pass", "reasonably-tested", "strong", "exceptional")


@pytest.mark.parametrize(
    ("rubric", "scores"),
    [
        (NEW, {0: "0", 1: "0.5 1", 2: "1.5 2", 3: "2.5 3", 4: "3.5 4 4.5 5", 5: "5.5 6 6.5 7"}),
        (OLD, {0: "0", 1: "1 2", 2: "3 4", 3: "5 6", 4: "7 8 9 10 11", 5: "12 13 14"}),
    ],
    ids=["2017", "2016"],
)
def test_every_reachable_score_lies_in_its_band(rubric: Rubric, scores: dict[int, str]) -> None:
    found = {score: rubric.band(Fraction(score)) for line in scores.values() for score in line.split()}
    expected = {score: rubric.bands[place] for place, line in scores.items() for score in line.split()}
    assert found == expected
    assert tuple(band.key for band in rubric.bands) == BANDS


def test_key_principles_have_five_groups_of_different_sizes_and_no_bands() -> None:
    sizes = {category.key: len(category.tests) for category in PRINCIPLES.categories}
    assert sizes == {"end-to-end": 1, "reproducibility": 3, "versioning": 2, "testing": 4, "infrastructure": 2}
    assert all(test.key.startswith(f"{test.category}-") for test in PRINCIPLES.tests.values())
    assert PRINCIPLES.aggregation is Aggregation.MINIMUM_OF_SHARES
    assert PRINCIPLES.band(Fraction(50)) is None


@pytest.mark.parametrize(
    ("rubric", "links"),
    [
        (NEW, {"infra-1": "model-1", "infra-6": "infra-1", "monitor-2": "data-1", "monitor-4": "model-4"}),
        (OLD, {"infra-1": "model-1", "infra-6": "infra-1", "monitor-2": "data-1", "monitor-4": "model-4"}),
        (PRINCIPLES, {"reproducibility-1": "reproducibility-2", "infrastructure-1": "reproducibility-1"}),
    ],
    ids=["2017", "2016", "principles"],
)
def test_links_between_tests(rubric: Rubric, links: dict[str, str]) -> None:
    assert {key: test.leans_on for key, test in rubric.tests.items() if test.leans_on} == {
        key: (other,) for key, other in links.items()
    }


def test_the_notes_state_what_readers_would_stumble_over() -> None:
    assert any("36 teams" in note and "under 1" in note for note in NEW.notes)
    assert any("11" in note and "Strong" in note for note in OLD.notes)


# What people read.

PROSE = {"asks": 90, "why": 200, "by_hand": 300, "automate": 300}


@EACH_TEST
def test_every_text_says_something(rubric: Rubric, test: Test) -> None:
    for name, least in PROSE.items():
        text = getattr(test, name)
        assert least <= len(text) <= 700, name
        assert text[0].isupper(), name
        assert text[-1] in ".?", name
    assert test.asks.endswith("?")
    assert re.search(r"\d", test.automate), "an automated test needs a number to fail by"
    assert 2 <= len(test.evidence) <= 4
    assert 2 <= len(test.tools) <= 5
    assert all(len(item) >= 20 for item in test.evidence)
    assert not re.search(r"[`*<>]", " ".join(texts(test))), "prose is plain text"


def texts(test: Test) -> list[str]:
    return [test.title, *(getattr(test, name) for name in PROSE), *test.evidence]


@EACH
def test_no_two_tests_share_a_phrase(rubric: Rubric) -> None:
    """Six words in a row that two tests share would be a template shining through."""
    users: dict[tuple[str, ...], set[str]] = defaultdict(set)
    for test in rubric.tests.values():
        for text in texts(test):
            words = re.findall(r"[\w'-]+", text.lower())
            for start in range(len(words) - 5):
                users[tuple(words[start : start + 6])].add(test.key)
    assert {" ".join(phrase): keys for phrase, keys in users.items() if len(keys) > 1} == {}


@EACH
def test_titles_and_evidence_are_unique(rubric: Rubric) -> None:
    titles = [test.title for test in rubric.tests.values()]
    evidence = [item for test in rubric.tests.values() for item in test.evidence]
    assert len(set(titles)) == len(titles)
    assert len(set(evidence)) == len(evidence)
    assert not any(title.endswith(".") for title in titles)


@EACH
def test_bands_are_told_apart_by_label_and_meaning(rubric: Rubric) -> None:
    for lower, higher in pairwise(rubric.bands):
        assert lower.label != higher.label
        assert lower.meaning != higher.meaning


def test_the_first_edition_shares_its_guidance_with_the_second() -> None:
    for key, test in OLD.tests.items():
        assert (test.by_hand, test.automate, test.effort) == (
            NEW.tests[key].by_hand,
            NEW.tests[key].automate,
            NEW.tests[key].effort,
        )
        assert test.title != NEW.tests[key].title
