"""Recording results: facts, then runs, then spans, in one transaction under the system's lock.

Concurrency: every writer of a system's facts first locks the system's row, all of them in slug order, so postings to one
system follow each other and postings to several can't deadlock. A posting costs the same number of statements whether
it carries 1 result of a system or 28.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from accounts.actors import Actor
from evidence.batch import Batch, record
from evidence.locks import locked
from evidence.posting import Fault, Outcome, PostedResult, PostingConflict, PostingRefused
from evidence.snapshot import read
from evidence.telling import tell


def record_results(
    *,
    actor: Actor,
    results: Sequence[PostedResult],
    received_at: datetime,
    dry_run: bool = False,
    concerning: Sequence[str] = (),
) -> Outcome:
    """Record a posting: all of it or nothing.

    `received_at` is the time of receipt, aware. With `dry_run` everything runs and is rolled back. The outcome tells of the
    systems `concerning` (slugs that the actor sees) too, whatever the results.
    Raises PostingRefused when an item names an unknown system or test or a check of another test, else PostingConflict
    when an item has other content than a result of the same identity.
    """
    # What is refused wrote nothing, so that only a dry run needs a savepoint inside a caller's transaction.
    with transaction.atomic(savepoint=dry_run):
        batches, faults = _batches(actor, results, received_at, concerning)
        conflicts = [fault for batch in batches for fault in batch.conflicts]
        if not faults and not conflicts:
            outcome = Outcome(
                accepted=sum(len(batch.fresh) for batch in batches),
                duplicates=sum(batch.duplicates for batch in batches),
                systems=record(batches, token_id=actor.token.pk if actor.token else None, received_at=received_at),
            )
            tell(outcome.systems, received_at)
        if dry_run:
            transaction.set_rollback(True)
    if faults:
        raise PostingRefused(faults)
    if conflicts:
        raise PostingConflict(sorted(conflicts, key=lambda fault: fault.index))
    return outcome


@transaction.atomic
def faults_in(*, actor: Actor, results: Sequence[PostedResult], received_at: datetime) -> list[Fault]:
    """What `record_results` would refuse in these results, in their order; conflicts aside. Records nothing."""
    return _batches(actor, results, received_at)[1]


def _batches(
    actor: Actor, results: Sequence[PostedResult], received_at: datetime, concerning: Sequence[str] = ()
) -> tuple[list[Batch], list[Fault]]:
    """The posting by system, in order of first mention, each system locked; and every fault, in the items' order."""
    systems = locked(actor, {*concerning, *(result.system for result in results)})
    by_system: dict[str, list[tuple[int, PostedResult]]] = {slug: [] for slug in concerning}
    for index, result in enumerate(results):
        by_system.setdefault(result.system, []).append((index, result))
    faults = [
        Fault(index, "system", f"There is no system {slug!r} here.")
        for slug, items in by_system.items()
        if slug not in systems
        for index, _ in items
    ]
    posted = [(systems[slug], items) for slug, items in by_system.items() if slug in systems]
    snapshots = read([(system, [item for _, item in items]) for system, items in posted], received_at)
    batches = [Batch(system, snapshots[system.pk], items, received_at) for system, items in posted]
    faults += [fault for batch in batches for fault in batch.faults]
    return batches, sorted(faults, key=lambda fault: fault.index)
