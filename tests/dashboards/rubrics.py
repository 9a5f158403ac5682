"""Small rubrics made by hand, so that tests of drawing depend on no published one."""

from __future__ import annotations

from fractions import Fraction

from rubric.definition import Aggregation, Band, Category, Effort, Rubric, Test
from rubric.levels import Level

_SCALE = {Level.NONE: Fraction(0), Level.MANUAL: Fraction(1, 2), Level.AUTOMATED: Fraction(1)}
_BANDS = (
    ("research", "Research", 0, True),
    ("holes", "Serious holes", 0, False),
    ("first-pass", "First pass", 1, False),
    ("reasonable", "Reasonably tested", 2, False),
    ("strong", "Strong", 3, False),
    ("exceptional", "Exceptional", 5, False),
)


def two_thousand_seventeen() -> Rubric:
    """Four categories of seven tests, six bands: the shape of the ML Test Score of 2017."""
    sizes = {"data": ("Data", 7), "model": ("Model", 7), "infra": ("Infrastructure", 7), "monitor": ("Monitoring", 7)}
    bands = tuple(Band(key, label, label, Fraction(edge), inclusive) for key, label, edge, inclusive in _BANDS)
    return _rubric("seventeen", sizes, Aggregation.MINIMUM_OF_SUMS, bands)


def practices() -> Rubric:
    """Five categories of unequal size without bands, scored by shares: the shape of the key principles."""
    sizes = {
        "pipelines": ("End-to-end pipelines", 1),
        "reproducibility": ("Reproducibility", 3),
        "versioning": ("Versioning", 2),
        "testing": ("Testing", 4),
        "infrastructure": ("Infrastructure", 2),
    }
    return _rubric("practices", sizes, Aggregation.MINIMUM_OF_SHARES, ())


def _rubric(key: str, sizes: dict[str, tuple[str, int]], aggregation: Aggregation, bands: tuple[Band, ...]) -> Rubric:
    categories = tuple(
        Category(category, title, tuple(_test(category, number) for number in range(1, size + 1)))
        for category, (title, size) in sizes.items()
    )
    return Rubric(key, key.capitalize(), "", "", _SCALE, aggregation, categories, bands, (), ())


def _test(category: str, number: int) -> Test:
    return Test(f"{category}-{number}", f"Test {number}", category, Effort.SMALL, (), "", "", "", "", (), ())
