"""What a posting did that people may want to hear of: checks that began to fail or recovered, and another band."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from evidence.models import Status
from evidence.posting import SystemOutcome
from notify.changes import SystemChange, system_changed
from rubric.levels import Level
from rubric.loader import builtin
from rubric.scoring import totals

BAD = (Status.FAILED, Status.ERROR)


def flips(before: Mapping[str, str], after: Mapping[str, str]) -> tuple[list[str], list[str]]:
    """The checks that began to fail, and those that recovered, from their newest status before ('' or none) and after."""
    failing = [name for name, status in after.items() if status in BAD and before.get(name) not in BAD]
    recovered = [name for name, status in after.items() if status == Status.PASSED and before.get(name) in BAD]
    return failing, recovered


def worth_telling(outcomes: Iterable[SystemOutcome], at: datetime) -> list[SystemOutcome]:
    """Those systems of which something changed."""
    return [each for each in outcomes if each.failing or each.recovered or _band_changed(each, at)]


def tell(outcomes: Iterable[SystemOutcome], at: datetime) -> None:
    """Hand on what changed in these systems, in one statement; none where nothing did."""
    changed = worth_telling(outcomes, at)
    if changed:
        system_changed(
            *(
                SystemChange(each.system.organisation_id, each.system.pk, at, each.failing, each.recovered)
                for each in changed
            )
        )


def _band_changed(outcome: SystemOutcome, at: datetime) -> bool:
    if outcome.verified_before == outcome.verified_after:
        return False
    rubric = builtin()[outcome.system.edition_at(at)]
    claimed = {} if outcome.claims is None else outcome.claims.levels

    def band(verified: Mapping[str, Level]) -> object:
        levels = {test: max(claimed.get(test, Level.NONE), level) for test, level in verified.items()}
        return rubric.band(totals(rubric, {**claimed, **levels}).score)

    return band(outcome.verified_before) != band(outcome.verified_after)
