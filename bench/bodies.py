"""What is posted: bodies as a pipeline sends them. Kind, `@number@` and `@stretch@` make every run's id its own."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from rubric.loader import DEFAULT, builtin

LARGEST = 1000
TESTS = list(builtin()[DEFAULT].tests)


def single(slugs: Sequence[str], number: int) -> str:
    """One result; systems and tests take turns."""
    return json.dumps(_result(slugs[number % len(slugs)], TESTS[number % len(TESTS)], "single"))


def batch(slug: str) -> str:
    """A result for each test of one system, all of one run."""
    return json.dumps({"results": [_result(slug, test, "batch") for test in TESTS]})


def thousand(slug: str) -> str:
    """A thousand results of one system, of 36 runs."""
    runs = range(LARGEST // len(TESTS) + 1)
    results = [_result(slug, test, f"thousand-{run}") for run in runs for test in TESTS]
    return json.dumps({"results": results[:LARGEST]})


def _result(slug: str, test: str, kind: str) -> dict[str, Any]:
    return {
        "system": slug,
        "test": test,
        "run_id": f"{kind}-@stretch@-@number@",
        "status": "passed",
        "commit": "5f1c31a0c0ffee",
        "branch": "main",
        "url": "https://ci.example.org/runs/4711",
        "metrics": {"rows": 120000, "share": 0.998},
    }
