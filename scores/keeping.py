"""Keeping states: what each system's claims and spans make of it over time, counted once and read by many pages.

Whoever changes facts or rules lowers the system's `states_until` to the first instant that it may concern, under the
system's lock. Readers count what lies from there on anew; `keep` brings the stored rows in line, and lifts the mark again.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from secrets import randbits

from django.db import transaction
from django.db.models import F, Q

from assessments.models import System
from evidence.rebuilding import Disagreement
from rubric.holding import FIRST
from rubric.states import EVER, State, states
from scores.facts import load_facts
from scores.kept import known, order_of
from scores.reading import LAST, first_fact_at
from scores.state_models import KeptState

AT_A_TIME = 100


@transaction.atomic
def keep(system_id: int) -> None:
    """Count a system's states from the instant on from which they may be untrue, under its lock. Safe to repeat."""
    system = System.objects.select_for_update().get(pk=system_id)
    if system.states_until == EVER:
        return
    rows = KeptState.objects.filter(system=system)
    before = None
    if system.states_until is not None:
        before = rows.filter(at__lt=system.states_until).order_by("at").last()
        rows = rows.filter(at__gte=system.states_until)
    rows.delete()
    found = _states(system, before)
    if before is None:
        system.states_since = found[0].at if found else None
    else:
        before.until = found[0].at if found else EVER
        before.save(update_fields=["until"])
    KeptState.objects.bulk_create(_rows(system, found), batch_size=500)
    system.states_until = EVER
    # A count would begin anew where a backup is restored, or a test's transaction is rolled back, and readers remember it.
    system.states_stamp = 1 + randbits(62)
    system.save(update_fields=["states_until", "states_since", "states_stamp"])


def _states(system: System, before: KeptState | None) -> list[State]:
    """The states from `states_until` on, which `before` precedes; all of them where nothing does."""
    tests = order_of(system)
    if before is None or system.states_until is None:
        since = first_fact_at(system)
        return [] if since is None else states(load_facts([system], since, LAST)[system.pk], tests, since)
    facts = load_facts([system], system.states_until, LAST)[system.pk]
    return states(facts, tests, system.states_until, State(before.at, before.rubric, before.claims_from, before.tests))


def _rows(system: System, found: Sequence[State]) -> list[KeptState]:
    tests = order_of(system)
    ends = [*(state.at for state in found[1:]), EVER][: len(found)]
    rows = []
    for state, until in zip(found, ends, strict=True):
        face = known(state.rubric, state.tests, tests).face
        rows.append(
            KeptState(
                system=system,
                at=state.at,
                until=until,
                rubric=state.rubric,
                claims_from=state.claims_from,
                tests=state.tests,
                score=face.score,
                verified=face.verified,
                points=face.points,
                limits=face.limits,
            )
        )
    return rows


def due() -> list[int]:
    """Some of the systems whose states want counting, those first that tell least."""
    wanting = System.objects.filter(Q(states_until__isnull=True) | Q(states_until__lt=EVER))
    return list(
        wanting.order_by(F("states_until").asc(nulls_first=True), "pk").values_list("pk", flat=True)[:AT_A_TIME]
    )


def keep_for(seconds: float) -> bool:
    """Keep the states of systems that want it, for about so long; whether nothing is left to do."""
    ends = time.monotonic() + seconds
    while systems := due():
        for system_id in systems:
            if time.monotonic() > ends:
                return False
            keep(system_id)
    return True


@transaction.atomic
def check_states(system_id: int, *, repair: bool) -> list[Disagreement]:
    """Replay claims and spans into states, under the system's lock; with `repair` store what they say.

    What lies beyond `states_until` is not taken for true by anybody, and so is not compared.
    """
    system = System.objects.select_for_update().get(pk=system_id)
    mark = system.states_until or FIRST
    since = first_fact_at(system)
    wanted = _rows(system, _states(system, None))
    stored = list(KeptState.objects.filter(system=system, at__lt=mark).order_by("at"))
    known, expected = [_said(row) for row in stored], [_said(row) for row in wanted if row.at < mark]
    known_ends = [min(row.until, mark) for row in stored]
    found = []
    if known != expected or known_ends != [min(row.until, mark) for row in wanted if row.at < mark]:
        differing = len(set(known) ^ set(expected))
        detail = f"stored {len(known)}, claims and spans say {len(expected)}, {differing} differ"
        found.append(Disagreement(system.slug, "states", f"instants before {mark}", detail))
    if system.states_since != since and any(at is not None and at < mark for at in (system.states_since, since)):
        detail = f"stored {system.states_since}, facts say {since}"
        found.append(Disagreement(system.slug, "states", "first fact", detail))
    if repair:
        if found:
            System.objects.filter(pk=system.pk).forget_states()
        keep(system.pk)
    return found


def _said(row: KeptState) -> tuple[object, ...]:
    return row.at, row.rubric, row.claims_from, row.tests, row.score, row.verified, tuple(row.points), row.limits
