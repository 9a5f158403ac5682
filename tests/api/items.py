"""Results as pipelines post them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils import timezone


def item(**values: Any) -> dict[str, Any]:
    """A passed result of data-1, with these fields besides or instead."""
    return {"system": "fraud-scorer", "test": "data-1", "run_id": "run-1", "status": "passed", **values}


def ago(**delta: float) -> str:
    """The instant so long before the present, as RFC 3339 has it."""
    return (timezone.now() - timedelta(**delta)).isoformat()
