"""The outbox: messages are rows, written with the fact that causes them, and delivered at least once afterwards.

Whoever delivers claims messages in a short transaction, which moves their `due_at` ahead by a lease and skips what others
hold; sends without any transaction; and then marks what became of it. A crash in between lets the lease run out, and
the message is tried again. Celery's workers and `manage.py work` both call `deliver_due`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import structlog
from django.db import connection, transaction
from django.db.models import Case, F, Value, When
from django.dispatch import Signal

from notify.models import Message, State

logger = structlog.get_logger("mlscore.outbox")

message_written = Signal()
"""Sent after the commit of whatever wrote messages: time to deliver them."""

LEASE = timedelta(minutes=5)
# Few at a time, so that slow receivers of webhooks hold up nobody's mail for long.
BATCH = 5
KEPT = timedelta(days=90)
LONGEST_ERROR = 500

Deliver = Callable[[Message, datetime], int | None]
"""Delivers a message, as of an instant; answers the receiver's status, if it has one. Raises Undelivered."""


class Undelivered(Exception):
    """The message did not get through; the text says why. `status` is the receiver's answer, if it gave one."""

    def __init__(self, reason: str, status: int | None = None) -> None:
        super().__init__(reason)
        self.status = status


def minutes(*numbers: int) -> list[timedelta]:
    """Waiting times before further attempts."""
    return [timedelta(minutes=number) for number in numbers]


class _Courier:
    def __init__(self, deliver: Deliver, retries: Sequence[timedelta], *, forgets: bool) -> None:
        self.deliver, self.retries, self.forgets = deliver, retries, forgets


_couriers: dict[str, _Courier] = {}


def delivers(kind: str, *, retries: Sequence[timedelta], forgets: bool = False) -> Callable[[Deliver], Deliver]:
    """Register who delivers messages of a kind, and how long to wait before each further attempt.

    With `forgets` the payload is emptied once the message is done or given up: mails hold secret links.
    """

    def register(deliver: Deliver) -> Deliver:
        _couriers[kind] = _Courier(deliver, retries, forgets=forgets)
        return deliver

    return register


def enqueue(messages: Sequence[Message]) -> None:
    """Write messages, in one statement, inside the transaction of the fact that causes them; wake the workers after it.

    One whose `unique_key` was written before is left out.
    """
    if messages:
        Message.objects.bulk_create(messages, ignore_conflicts=any(each.unique_key for each in messages))
        wake_after_commit()


def wake_after_commit() -> None:
    """Have what is due delivered once the transaction holds."""
    transaction.on_commit(lambda: message_written.send(sender=Message), robust=True)


def deliver_due(clock: Callable[[], datetime], more: Callable[[], bool] = lambda: True) -> int:
    """Try every message that is due, until none is left or `more` says no; answers how many were tried.

    `clock` answers the present, aware. Any number of processes may run this at the same time.
    """
    tried = 0
    while more() and (claimed := claim(clock())):
        for message in claimed:
            attempt(message, clock)
            tried += 1
    return tried


@transaction.atomic
def claim(now: datetime) -> list[Message]:
    """Take up to BATCH messages that are due, mails and facts before webhooks, and keep others off them for LEASE."""
    waiting = Message.objects.filter(state=State.WAITING, due_at__lte=now)
    slow_last = Case(When(webhook=None, then=Value(0)), default=Value(1))
    locked = waiting.select_for_update(of=("self",), skip_locked=connection.features.has_select_for_update_skip_locked)
    found = list(locked.order_by(slow_last, "due_at", "id")[:BATCH])
    taken = Message.objects.filter(pk__in=[message.pk for message in found])
    taken.update(due_at=now + LEASE, attempts=F("attempts") + 1, tried_at=now)
    for message in found:
        message.attempts += 1
    return found


def attempt(message: Message, clock: Callable[[], datetime]) -> None:
    """Deliver one claimed message, and mark what became of it."""
    courier = _couriers.get(message.kind)
    try:
        if courier is None:
            raise Undelivered(f"This process delivers no {message.kind}.")
        status = courier.deliver(message, clock())
    except Undelivered as error:
        _mark_failed(message, courier, clock(), str(error), error.status)
    except Exception as error:
        # A fault with one message must not keep back all others.
        logger.exception("message not delivered", kind=message.kind, message=str(message.public_id))
        _mark_failed(message, courier, clock(), f"{type(error).__name__}: {error}", None)
    else:
        _mark(message, courier, state=State.DONE, last_status=status, last_error="")


def _mark_failed(message: Message, courier: _Courier | None, now: datetime, reason: str, status: int | None) -> None:
    retries = courier.retries if courier else [LEASE] * 12
    faults = {"last_status": status, "last_error": reason[:LONGEST_ERROR]}
    if message.attempts > len(retries):
        logger.warning("message given up", kind=message.kind, message=str(message.public_id), reason=reason)
        _mark(message, courier, state=State.FAILED, **faults)
    else:
        _mark(message, courier, state=State.WAITING, due_at=now + retries[message.attempts - 1], **faults)


def _mark(message: Message, courier: _Courier | None, *, state: State, **values: object) -> None:
    """Write what became of this attempt, unless the lease ran out and another attempt began since."""
    if state is not State.WAITING and courier is not None and courier.forgets:
        values["payload"] = {}
    own = Message.objects.filter(pk=message.pk, state=State.WAITING, attempts=message.attempts)
    own.update(state=state, **values)


def purge(now: datetime) -> int:
    """Remove messages that were done or given up long ago; answers how many."""
    return Message.objects.exclude(state=State.WAITING).filter(created_at__lt=now - KEPT).delete()[0]
