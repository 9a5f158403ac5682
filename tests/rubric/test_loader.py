"""Definitions are read as written, and a wrong one is refused with the place and the reason."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rubric import loader
from rubric.definition import Aggregation, Band, Effort, Rubric
from rubric.levels import Level
from rubric.loader import DefinitionError, load

TEST = """
[[categories.tests]]
key = "{key}"
title = "Labels are checked"
effort = "S"
asks = "Are labels checked?"
why = "Wrong labels teach wrong things."
by_hand = "Read 50 of them."
automate = "Compare two annotators every night."
evidence = ["A report"]
tools = ["Label Studio"]
"""
HEAD = """
key = "small"
title = "Small"
summary = "A small rubric."
source = "Made for this test."
aggregation = "minimum-of-sums"
starting_order = ["b-1"]
notes = []

[scale]
none = 0
manual = 0.1
automated = 0.3

[[bands]]
key = "low"
label = "Low"
meaning = "Little is done."
from = 0

[[bands]]
key = "high"
label = "High"
meaning = "Something is done."
above = 0
"""
SMALL = (
    HEAD
    + '\n[[categories]]\nkey = "a"\ntitle = "A"\n'
    + TEST.format(key="a-1")
    + TEST.format(key="a-2")
    + '\n[[categories]]\nkey = "b"\ntitle = "B"\n'
    + TEST.format(key="b-1").replace('effort = "S"', 'effort = "L"\nleans_on = ["a-2"]')
)


def small(*changes: tuple[str, str]) -> str:
    """The small definition with each first occurrence replaced; a change that finds nothing is a mistake."""
    text = SMALL
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new, 1)
    return text


def test_a_definition_is_read_as_written() -> None:
    rubric = load(SMALL, origin="small.toml")

    assert (rubric.key, rubric.title, rubric.notes, rubric.starting_order) == ("small", "Small", (), ("b-1",))
    assert rubric.aggregation is Aggregation.MINIMUM_OF_SUMS
    assert rubric.scale == {Level.NONE: 0, Level.MANUAL: Fraction(1, 10), Level.AUTOMATED: Fraction(3, 10)}
    assert [(category.key, [test.key for test in category.tests]) for category in rubric.categories] == [
        ("a", ["a-1", "a-2"]),
        ("b", ["b-1"]),
    ]
    last = rubric.tests["b-1"]
    assert (last.category, last.effort, last.leans_on) == ("b", Effort.LARGE, ("a-2",))
    assert (last.evidence, last.tools) == (("A report",), ("Label Studio",))
    assert rubric.bands == (
        Band("low", "Low", "Little is done.", Fraction(0), inclusive=True),
        Band("high", "High", "Something is done.", Fraction(0), inclusive=False),
    )


def test_line_breaks_fold_and_paragraphs_stay() -> None:
    text = small(('"A small rubric."', '"""\nA small\n  rubric.\n\nFor tests.\n"""'))
    assert load(text, origin="x").summary == "A small rubric.\n\nFor tests."


@pytest.mark.parametrize(
    ("old", "new", "path", "why"),
    [
        ('key = "small"', 'key = "small', "", "not readable as TOML"),
        ('key = "small"', 'key = "small"\nkey = "small"', "", "not readable as TOML"),
        ("notes = []", "notes = [1e99999999999999999999]", "", "not readable as TOML"),
        ("notes = []", "notes = " + "[" * 100_000, "", "not readable as TOML"),
        ('key = "small"\n', "", "key", "missing"),
        ("notes = []\n", "", "notes", "missing"),
        ("notes = []", 'notes = []\ncolour = "red"', "colour", "unknown key"),
        ("notes = []", 'notes = "none"', "notes", "must be an array"),
        ("notes = []", 'notes = ["a note", 1]', "notes[1]", "must be a string"),
        ("notes = []", 'notes = ["a note", " a  note"]', "notes[1]", "named twice"),
        ('key = "small"', "key = 1", "key", "must be lower-case words"),
        ('key = "small"', 'key = "Small"', "key", "must be lower-case words"),
        ('key = "small"', 'key = "small-"', "key", "must be lower-case words"),
        ('key = "small"', 'key = "small\\n"', "key", "must be lower-case words"),
        ('key = "small"', f'key = "{"a" * 51}"', "key", "at most 50"),
        ('title = "Small"', 'title = "  "', "title", "must not be empty"),
        ('title = "Small"', 'title = "a\\n\\nb"', "title", "must be one line"),
        ('title = "Small"', f'title = "{"a" * 201}"', "title", "at most 200"),
        ('title = "Small"', 'title = "a\\u0000b"', "title", "control characters"),
        ("minimum-of-sums", "maximum", "aggregation", "must be one of minimum-of-sums, minimum-of-shares"),
        ("none = 0", "none = 0.1", "scale.none", "must be 0"),
        ("manual = 0.1", "manual = 0", "scale.manual", "must be more than none"),
        ("automated = 0.3", "automated = 0.1", "scale.automated", "must be more than manual"),
        ("manual = 0.1", "manual = -0.1", "scale.manual", "must lie in 0 to"),
        ("automated = 0.3", "automated = 1000001", "scale.automated", "must lie in 0 to"),
        ("manual = 0.1", "manual = nan", "scale.manual", "must be finite"),
        ("manual = 0.1", "manual = inf", "scale.manual", "must be finite"),
        ("manual = 0.1", "manual = 0.0000001", "scale.manual", "at most six decimals"),
        ("manual = 0.1", 'manual = "0.1"', "scale.manual", "must be a number"),
        ("manual = 0.1", "manual = true", "scale.manual", "must be a number"),
        ("manual = 0.1", "manual = 0.1\nhalf = 1", "scale.half", "unknown key"),
        ("manual = 0.1\n", "", "scale.manual", "missing"),
        ('starting_order = ["b-1"]', 'starting_order = ["c-1"]', "starting_order[0]", "no test has the key 'c-1'"),
        ('starting_order = ["b-1"]', 'starting_order = ["b-1", "b-1"]', "starting_order[1]", "named twice"),
        ("from = 0", "above = 0", "bands[0]", "must begin with 'from = 0'"),
        ("from = 0", "from = 0.1", "bands[0]", "must begin with 'from = 0'"),
        ("from = 0", "from = 0\nabove = 0", "bands[0]", "must have either"),
        ("from = 0", "", "bands[0]", "must have either"),
        ("above = 0", "from = 0", "bands[1]", "must begin above the band 'low'"),
        ("above = 0", "above = 0.3", "bands[1]", "lies beyond the highest score"),
        ('key = "high"', 'key = "low"', "bands[1].key", "named twice"),
        ('key = "b"', 'key = "a"', "categories[1].key", "named twice"),
        ('key = "a-2"', 'key = "a-1"', "categories[0].tests[1].key", "named twice"),
        ('key = "b-1"', 'key = "a-1"', "categories[1].tests[0].key", "named twice"),
        ('effort = "L"', 'effort = "XL"', "categories[1].tests[0].effort", "must be one of S, M, L"),
        ('effort = "S"\n', "", "categories[0].tests[0].effort", "missing"),
        ('effort = "S"', "effort = 1", "categories[0].tests[0].effort", "must be one of"),
        ('asks = "Are labels checked?"', 'asks = ""', "categories[0].tests[0].asks", "must not be empty"),
        ('evidence = ["A report"]', "evidence = []", "categories[0].tests[0].evidence", "must not be empty"),
        ('tools = ["Label Studio"]', 'tools = [""]', "categories[0].tests[0].tools[0]", "must not be empty"),
        ('leans_on = ["a-2"]', 'leans_on = ["a-9"]', "categories[1].tests[0].leans_on[0]", "no test has the key"),
        ('leans_on = ["a-2"]', 'leans_on = ["b-1"]', "categories[1].tests[0].leans_on", "leads back: b-1 -> b-1"),
        ('effort = "S"', 'effort = "S"\nguidance = "x-1"', "categories[0].tests[0].guidance", "no test with the key"),
        ('key = "small"', 'key = "small"\nguidance = "other"', "guidance", "no rubric to take guidance from"),
    ],
)
def test_a_wrong_definition_is_refused(old: str, new: str, path: str, why: str) -> None:
    with pytest.raises(DefinitionError) as caught:
        load(small((old, new)), origin="small.toml")
    assert caught.value.path == path
    assert why in caught.value.why
    assert str(caught.value).startswith(": ".join(part for part in ("small.toml", path) if part))


@pytest.mark.parametrize(
    ("tail", "path", "why"),
    [
        ("categories = []", "categories", "must not be empty"),
        ("categories = 1", "categories", "must be an array"),
        ("categories = [1]", "categories[0]", "must be a table"),
        ('categories = [{key = "a", title = "A"}]', "categories[0].tests", "missing"),
        ('categories = [{key = "a", title = "A", tests = []}]', "categories[0].tests", "must not be empty"),
    ],
)
def test_categories_need_tests(tail: str, path: str, why: str) -> None:
    with pytest.raises(DefinitionError) as caught:
        load(tail + "\n" + HEAD, origin="small.toml")
    assert (caught.value.path, why in caught.value.why) == (path, True)


def test_a_circle_of_links_is_refused_with_its_members() -> None:
    text = small(('effort = "S"', 'effort = "S"\nleans_on = ["b-1"]'), ('leans_on = ["a-2"]', 'leans_on = ["a-1"]'))
    with pytest.raises(DefinitionError) as caught:
        load(text, origin="small.toml")
    assert caught.value.why in ("leads back: a-1 -> b-1 -> a-1", "leads back: b-1 -> a-1 -> b-1")


def guided(test: str, guide: Rubric) -> Rubric:
    text = HEAD.replace('key = "small"', 'key = "guided"\nguidance = "small"')
    text += f'\n[[categories]]\nkey = "a"\ntitle = "A"\n[[categories.tests]]\n{test}'
    return load(text.replace('["b-1"]', "[]"), origin="guided.toml", guides={guide.key: guide})


def test_a_test_takes_its_guidance_from_the_guiding_rubric() -> None:
    guide = load(SMALL, origin="small.toml")

    same_key = guided('key = "b-1"\ntitle = "Mine"\nasks = "And here?"', guide).tests["b-1"]
    assert (same_key.title, same_key.asks) == ("Mine", "And here?")
    assert same_key.effort is Effort.LARGE
    assert (same_key.why, same_key.tools) == (guide.tests["b-1"].why, guide.tests["b-1"].tools)
    assert same_key.leans_on == (), "links are between this rubric's own tests, and so are never taken over"

    other_key = guided('key = "z-1"\ntitle = "Mine"\nguidance = "b-1"', guide).tests["z-1"]
    assert (other_key.key, other_key.effort, other_key.asks) == ("z-1", Effort.LARGE, guide.tests["b-1"].asks)


def test_a_test_without_guidance_must_be_complete() -> None:
    guide = load(SMALL, origin="small.toml")
    with pytest.raises(DefinitionError) as caught:
        guided('key = "z-1"\ntitle = "Mine"', guide)
    assert (caught.value.path, caught.value.why) == ("categories[0].tests[0].effort", "missing")


@given(st.data())
def test_a_damaged_definition_is_read_or_refused_but_never_breaks(data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(SMALL)))
    end = data.draw(st.integers(start, min(len(SMALL), start + 40)))
    text = SMALL[:start] + data.draw(st.text(max_size=10)) + SMALL[end:]
    try:
        read_as: Rubric | str = load(text, origin="damaged")
    except DefinitionError as error:
        read_as = str(error)
    assert isinstance(read_as, Rubric) or read_as.startswith("damaged: ")


def test_the_data_folder_holds_what_is_published_and_nothing_else() -> None:
    assert {path.name for path in loader.DATA.iterdir()} == {f"{key}.toml" for key in loader.PUBLISHED}
