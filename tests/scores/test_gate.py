"""The gate's arithmetic where the score is a quotient; the rest is asked over the API."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest

from assessments.models import System
from scores.gate import target_condition


@pytest.mark.parametrize(
    ("target", "passed"), [("66.666666", True), ("66.666667", True), ("66.666668", False), ("67", False)]
)
def test_a_score_passes_the_number_that_it_is_put_out_as(target: str, passed: bool) -> None:
    condition = target_condition(System(target_score=Decimal(target)), Fraction(200, 3))
    assert condition is not None
    assert condition.passed is passed
    assert condition.figures == ("66.666667", target)


def test_without_a_target_there_is_no_policy() -> None:
    assert target_condition(System(), Fraction(7)) is None
