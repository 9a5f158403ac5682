"""`python -m bench plan`: how long the cheapest plan takes to find, over the largest built-in rubric. No database.

Times are the processor's, so that other work on the machine doesn't count.
"""

from __future__ import annotations

import random
import statistics
import time
from fractions import Fraction

from bench import report
from rubric.levels import Level
from rubric.loader import builtin
from rubric.planning import plan

SYSTEMS = 200
SEED = 34


def main() -> None:
    """Plan for many systems of random levels, each for every target of half a point, and print the table."""
    rubric = max(builtin().values(), key=lambda each: len(each.tests))
    dice = random.Random(SEED)
    targets = [Fraction(half, 2) for half in range(1, 2 * int(rubric.maximum) + 1)]
    plan(rubric, {}, targets[-1])  # the first one warms up
    ms = []
    for _ in range(SYSTEMS):
        levels = {key: dice.choice(list(Level)) for key in rubric.tests}
        for target in targets:
            start = time.process_time()
            plan(rubric, levels, target)
            ms.append(1000 * (time.process_time() - start))
    start = time.process_time()
    plan(rubric, {}, targets[-1])
    hardest = 1000 * (time.process_time() - start)
    ms.sort()
    report.table(
        ["tests", "plans", "median ms", "95% ms", "slowest ms", "from nothing to all, ms"],
        [
            [
                str(len(rubric.tests)),
                f"{len(ms):,}",
                f"{statistics.median(ms):.1f}",
                f"{ms[int(len(ms) * 0.95)]:.1f}",
                f"{ms[-1]:.1f}",
                f"{hardest:.1f}",
            ]
        ],
    )
