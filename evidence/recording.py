"""Recording results: facts, then runs, then spans, all of a posting or nothing.

Concurrency: every writer of a system's evidence locks the system's row and leaves it in another version (`evidence.locks`).
A posting to one system first tries without a lock of its own, on PostgreSQL: one statement reads everything, as of one
instant; another one stores what follows, if the system still has the version that was read. Where somebody else came first
it tries once more. Where they did again, and where storing takes more than that statement, the posting begins anew under
the lock; so do postings to several systems, which are locked in slug order and can't deadlock. A posting costs the same
number of statements whether it carries 1 result of a system or 28.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import connection, transaction

from accounts.actors import Actor
from accounts.statements import SQLITE
from evidence import memory, writing
from evidence.batch import Batch, Plan
from evidence.learning import advance, recalled, worth_remembering
from evidence.locks import Unread, lock
from evidence.posting import Fault, Outcome, PostedResult, PostingConflict, PostingRefused, SystemOutcome
from evidence.remembered import Remembered
from evidence.snapshot import read
from evidence.telling import tell, worth_telling
from evidence.turns import Turn

# How often a posting tries without a lock of its own: whoever came first is done by then, if there aren't many.
TRIES = 2
BySystem = dict[str, list[tuple[int, PostedResult]]]


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
    when an item has other content than a result of the same identity; Outdated where a recalled token does not tell.
    """
    by_system = _by_system(results, concerning)
    if len(by_system) == 1 and not dry_run and not SQLITE and not connection.in_atomic_block:
        with Turn(actor.organisation.id, next(iter(by_system))):
            recorded = _record_unlocked(actor, by_system, received_at)
        if recorded is not None:
            return recorded
    # What is refused wrote nothing, so that inside a caller's transaction only what is undone needs a savepoint, and who
    # tries again.
    recalled = actor.token is not None and actor.token.version != ""
    with transaction.atomic(savepoint=dry_run or recalled):
        lock(actor, by_system)
        batches, faults = _batches(actor, by_system, received_at)
        if not faults and not _conflicts(batches):
            outcome = _outcome(batches, _record(actor, batches, received_at))
        if dry_run:
            transaction.set_rollback(True)
    _refuse(batches, faults)
    return outcome


def _record_unlocked(actor: Actor, by_system: BySystem, received_at: datetime) -> Outcome | None:
    """Record a posting to one system by one statement; None, with nothing stored, where that won't do.

    Raises as `record_results`: what is at fault as of the instant that was read stays so.
    """
    remembering = worth_remembering(by_system, received_at)
    if remembering and (outcome := _record_remembered(actor, by_system, received_at)) is not None:
        return outcome
    for _ in range(TRIES):
        batches, faults = _batches(actor, by_system, received_at, remembering)
        _refuse(batches, faults)
        plans = [Plan(batch) for batch in batches]
        if not all(plan.is_all for plan in plans):
            return None
        systems = [plan.outcome({}) for plan in plans]
        if worth_telling(systems, received_at):
            return None
        version = _store(actor, plans, received_at)
        if version is not None:
            # A posting that waited may have been received before what the system claims since.
            if remembering and not batches[0].snapshot.claims_follow:
                memory.learn(plans[0], version, systems[0].verified_after)
            return _outcome(batches, systems)
    return None


def _record_remembered(actor: Actor, by_system: BySystem, received_at: datetime) -> Outcome | None:
    """Record a posting to one system as it is remembered; None, with nothing stored, where that won't do.

    Who comes before it may have left what it needs for another try.
    """
    [(slug, items)] = by_system.items()
    tried = ""
    for _ in range(TRIES):
        known = memory.recall(actor.organisation.id, slug)
        if known is None or known.stored.version == tried:
            return None
        tried = known.stored.version
        outcome = _record_unread(actor, items, known, received_at)
        if outcome is not None:
            memory.keep(actor.organisation.id, slug, known)
            return outcome
    return None


def _record_unread(
    actor: Actor, items: Sequence[tuple[int, PostedResult]], known: Remembered, received_at: datetime
) -> Outcome | None:
    """Record what goes by this alone, which knows what was stored then; None, with nothing stored, where it doesn't.

    Whoever is at fault hears of it from what is read.
    """
    snapshot = recalled(known, actor, [item for _, item in items], received_at)
    if snapshot is None:
        return None
    batch = Batch(snapshot, items, received_at)
    if batch.faults or batch.conflicts:
        return None
    plan = Plan(batch)
    systems = [plan.outcome({})]
    if not plan.is_all or worth_telling(systems, received_at):
        return None
    version = _store(actor, [plan], received_at, _unread(actor, items))
    if version is None:
        return None
    advance(known, plan, version, systems[0].verified_after)
    return _outcome([batch], systems)


def _unread(actor: Actor, items: Sequence[tuple[int, PostedResult]]) -> Unread:
    run_ids = list({item.run_id for _, item in items})
    return Unread(run_ids) if actor.token is None else Unread(run_ids, actor.token.id, actor.token.version)


def _record(actor: Actor, batches: Sequence[Batch], received_at: datetime) -> list[SystemOutcome]:
    """Store what is fresh in these batches, whose systems are locked, and tell the levels before and after."""
    plans = [Plan(batch) for batch in batches]
    _store(actor, plans, received_at)
    systems = [plan.finish() for plan in plans]
    tell(systems, received_at)
    return systems


def _store(actor: Actor, plans: Sequence[Plan], received_at: datetime, unread: Unread | None = None) -> str | None:
    token_id = actor.token.id if actor.token else None
    changes = [plan.changes for plan in plans]
    return writing.store(changes, token_id=token_id, received_at=received_at, unread=unread)


def faults_in(*, actor: Actor, results: Sequence[PostedResult], received_at: datetime) -> list[Fault]:
    """What `record_results` would refuse in these results, in their order; conflicts aside. Records nothing."""
    return _batches(actor, _by_system(results), received_at)[1]


def _by_system(results: Sequence[PostedResult], concerning: Sequence[str] = ()) -> BySystem:
    """The posting by system, in order of first mention, with each item's place in it."""
    by_system: BySystem = {slug: [] for slug in concerning}
    for index, result in enumerate(results):
        by_system.setdefault(result.system, []).append((index, result))
    return by_system


def _batches(
    actor: Actor, by_system: BySystem, received_at: datetime, remembering: bool = False
) -> tuple[list[Batch], list[Fault]]:
    """What was posted to each system that there is, and every fault, in the items' order."""
    posted = {slug: [item for _, item in items] for slug, items in by_system.items()}
    snapshots = read(actor, posted, received_at, remembering)
    faults = [
        Fault(index, "system", f"There is no system {slug!r} here.")
        for slug, items in by_system.items()
        if slug not in snapshots
        for index, _ in items
    ]
    batches = [Batch(snapshots[slug], items, received_at) for slug, items in by_system.items() if slug in snapshots]
    faults += [fault for batch in batches for fault in batch.faults]
    return batches, sorted(faults, key=lambda fault: fault.index)


def _conflicts(batches: Sequence[Batch]) -> list[Fault]:
    return sorted((fault for batch in batches for fault in batch.conflicts), key=lambda fault: fault.index)


def _refuse(batches: Sequence[Batch], faults: list[Fault]) -> None:
    """Raises PostingRefused or PostingConflict where there is a reason."""
    if faults:
        raise PostingRefused(faults)
    if conflicts := _conflicts(batches):
        raise PostingConflict(conflicts)


def _outcome(batches: Sequence[Batch], systems: list[SystemOutcome]) -> Outcome:
    return Outcome(
        accepted=sum(len(batch.fresh) for batch in batches),
        duplicates=sum(batch.duplicates for batch in batches),
        systems=systems,
    )
