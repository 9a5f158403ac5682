"""Reads rubric definitions from TOML, and refuses a wrong one by saying where and why.

A definition may name another rubric as its `guidance`: a test then needs to state only what differs, and takes the
rest of its prose and its effort from the other rubric's test of the same key, or of the key in its own `guidance`.
What decides scores and warnings (keys, titles, scale, bands, `leans_on`) is never taken from elsewhere.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from functools import cache
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise
from pathlib import Path
from types import MappingProxyType

from rubric.definition import Aggregation, Band, Category, Effort, Rubric, Test
from rubric.levels import LEVELS, Level
from rubric.toml_table import DefinitionError, Table

__all__ = ["DATA", "DEFAULT", "PUBLISHED", "DefinitionError", "builtin", "load"]

DEFAULT = "ml-test-score-2017"
# In order of loading: a rubric may take guidance from those before it.
PUBLISHED = (DEFAULT, "ml-test-score-2016", "key-principles")
DATA = Path(__file__).parent / "data"

GUIDANCE = ("effort", "asks", "why", "by_hand", "automate", "evidence", "tools")


def load(text: str, *, origin: str, guides: Mapping[str, Rubric] | None = None) -> Rubric:
    """The rubric that a TOML text defines.

    `origin` names the text in errors; `guides` are the rubrics that it may name as its guidance, by key.
    Raises DefinitionError for the first thing that is wrong.
    """
    try:
        values = tomllib.loads(text, parse_float=Decimal)
    except (ValueError, ArithmeticError, RecursionError) as error:
        raise DefinitionError(origin, "", f"not readable as TOML: {error}") from error
    return _rubric(Table(values, "", origin), guides or {})


@cache
def builtin() -> Mapping[str, Rubric]:
    """The published rubrics by key, the default edition first."""
    rubrics: dict[str, Rubric] = {}
    for key in PUBLISHED:
        path = DATA / f"{key}.toml"
        rubrics[key] = load(path.read_text(encoding="utf-8"), origin=path.name, guides=rubrics)
    return MappingProxyType(rubrics)


def _rubric(table: Table, guides: Mapping[str, Rubric]) -> Rubric:
    table.expect(
        ("key", "title", "summary", "source", "aggregation", "scale", "categories", "bands", "starting_order", "notes"),
        ("guidance",),
    )
    rubric = Rubric(
        key=table.key("key"),
        title=table.line("title"),
        summary=table.prose("summary"),
        source=table.prose("source"),
        scale=_scale(table.table("scale")),
        aggregation=table.choice("aggregation", Aggregation),
        categories=_categories(table, _guide(table, guides)),
        bands=_bands(table),
        starting_order=table.texts("starting_order"),
        notes=table.texts("notes"),
    )
    _check_links(rubric, table.tables("categories"))
    _check_reach(rubric, table)
    return rubric


def _guide(table: Table, guides: Mapping[str, Rubric]) -> Mapping[str, Test]:
    if "guidance" not in table.values:
        return {}
    key = table.key("guidance")
    if key not in guides:
        table.fail("guidance", f"no rubric to take guidance from has the key {key!r}")
    return guides[key].tests


def _scale(table: Table) -> Mapping[Level, Fraction]:
    table.expect(tuple(LEVELS))
    scale = {level: table.number(level.key) for level in Level}
    if scale[Level.NONE] != 0:
        table.fail(Level.NONE.key, "must be 0")
    for lower, higher in ((Level.NONE, Level.MANUAL), (Level.MANUAL, Level.AUTOMATED)):
        if scale[higher] <= scale[lower]:
            table.fail(higher.key, f"must be more than {lower.key}")
    return MappingProxyType(scale)


def _categories(table: Table, guide: Mapping[str, Test]) -> tuple[Category, ...]:
    tables = table.tables("categories")
    if not tables:
        table.fail("categories", "must not be empty")
    categories = tuple(_category(category, guide) for category in tables)
    _refuse_repeated_keys(tables)
    _refuse_repeated_keys([test for category in tables for test in category.tables("tests")])
    return categories


def _category(table: Table, guide: Mapping[str, Test]) -> Category:
    table.expect(("key", "title", "tests"))
    key = table.key("key")
    tables = table.tables("tests")
    if not tables:
        table.fail("tests", "must not be empty")
    return Category(key=key, title=table.line("title"), tests=tuple(_test(test, key, guide) for test in tables))


def _test(table: Table, category: str, guide: Mapping[str, Test]) -> Test:
    table.expect(("key", "title"), ("leans_on", "guidance", *GUIDANCE))
    whole = _with_guidance(table, guide)
    whole.expect(("key", "title", *GUIDANCE), ("leans_on", "guidance"))
    return Test(
        key=whole.key("key"),
        title=whole.line("title"),
        category=category,
        effort=whole.choice("effort", Effort),
        leans_on=whole.texts("leans_on") if "leans_on" in whole.values else (),
        asks=whole.prose("asks"),
        why=whole.prose("why"),
        by_hand=whole.prose("by_hand"),
        automate=whole.prose("automate"),
        evidence=_some(whole, "evidence"),
        tools=_some(whole, "tools"),
    )


def _with_guidance(table: Table, guide: Mapping[str, Test]) -> Table:
    """The test's table, filled up from the guiding rubric's test where there is one."""
    named = "guidance" in table.values
    key = table.key("guidance" if named else "key")
    if key not in guide:
        if named:
            table.fail("guidance", f"the guiding rubric has no test with the key {key!r}")
        return table
    taken: dict[str, object] = {}
    for name in GUIDANCE:
        value = getattr(guide[key], name)
        taken[name] = list(value) if isinstance(value, tuple) else value
    return Table(taken | table.values, table.path, table.origin)


def _some(table: Table, name: str) -> tuple[str, ...]:
    texts = table.texts(name)
    if not texts:
        table.fail(name, "must not be empty")
    return texts


def _refuse_repeated_keys(tables: list[Table]) -> None:
    seen: set[str] = set()
    for table in tables:
        key = table.key("key")
        if key in seen:
            table.fail("key", f"named twice: {key!r}")
        seen.add(key)


def _bands(table: Table) -> tuple[Band, ...]:
    tables = table.tables("bands")
    bands = tuple(_band(band) for band in tables)
    _refuse_repeated_keys(tables)
    if bands and not (bands[0].edge == 0 and bands[0].inclusive):
        table.fail("bands[0]", "must begin with 'from = 0', so that every score has a band")
    for index, (lower, higher) in enumerate(pairwise(bands), start=1):
        # At one edge, the band that holds it comes before the band above it.
        if (higher.edge, not higher.inclusive) <= (lower.edge, not lower.inclusive):
            table.fail(f"bands[{index}]", f"must begin above the band {lower.key!r}")
    return bands


def _band(table: Table) -> Band:
    table.expect(("key", "label", "meaning"), ("from", "above"))
    if ("from" in table.values) == ("above" in table.values):
        table.fail("", "must have either 'from' (the edge belongs to it) or 'above' (the edge does not)")
    inclusive = "from" in table.values
    return Band(
        key=table.key("key"),
        label=table.line("label"),
        meaning=table.prose("meaning"),
        edge=table.number("from" if inclusive else "above"),
        inclusive=inclusive,
    )


def _check_links(rubric: Rubric, tables: list[Table]) -> None:
    """Refuses links to unknown tests, and links that lead back to where they began."""
    test_tables = {table.values["key"]: table for category in tables for table in category.tables("tests")}
    for key, test in rubric.tests.items():
        for index, other in enumerate(test.leans_on):
            if other not in rubric.tests:
                test_tables[key].fail(f"leans_on[{index}]", f"no test has the key {other!r}")
    try:
        TopologicalSorter({key: test.leans_on for key, test in rubric.tests.items()}).prepare()
    except CycleError as error:
        cycle = error.args[1][::-1]
        test_tables[cycle[0]].fail("leans_on", f"leads back: {' -> '.join(cycle)}")


def _check_reach(rubric: Rubric, table: Table) -> None:
    """Refuses a band that no score reaches, and a starting order that names a test the rubric lacks."""
    for index in range(len(rubric.bands)):
        if rubric.band(rubric.maximum) not in rubric.bands[index:]:
            table.fail(f"bands[{index}]", f"lies beyond the highest score, {rubric.maximum}")
    for index, key in enumerate(rubric.starting_order):
        if key not in rubric.tests:
            table.fail(f"starting_order[{index}]", f"no test has the key {key!r}")
