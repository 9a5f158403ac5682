"""The outbox: written with its fact, delivered at least once, tried again later and later, by any number of workers."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from django.core import mail
from django.core.mail import EmailMultiAlternatives, send_mail
from django.db import connection, transaction
from pytest_django.fixtures import Settings

from accounts.models import Organisation
from notify import outbox
from notify.models import Message, Webhook
from notify.outbox import BATCH, KEPT, LEASE, Undelivered
from tests.cast import NOW

MINUTE = timedelta(minutes=1)
RETRIES = outbox.minutes(1, 5)


class Receiver:
    """Takes messages of the kind `test`; refuses while `refusals` says so, and dies once where `dies`."""

    def __init__(self) -> None:
        self.taken: Counter[str] = Counter()
        self.refusals: list[Exception] = []
        self.dies = False

    def __call__(self, message: Message, now: datetime) -> int | None:
        self.taken[message.payload["name"]] += 1
        if self.dies:
            self.dies = False
            raise KeyboardInterrupt
        if self.refusals:
            raise self.refusals.pop(0)
        return 202


@pytest.fixture
def receiver(monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    found = Receiver()
    monkeypatch.setattr(outbox, "_couriers", dict(outbox._couriers))
    outbox.delivers("test", retries=RETRIES)(found)
    yield found


def write(*names: str, at: datetime = NOW, unique_key: str | None = None) -> None:
    outbox.enqueue(
        [
            Message(kind="test", payload={"name": name}, created_at=at, due_at=at, unique_key=unique_key)
            for name in names
        ]
    )


def deliver(at: datetime) -> int:
    return outbox.deliver_due(lambda: at)


def test_it_is_written_with_its_fact_or_not_at_all(db: None) -> None:
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        write("a")
        raise ZeroDivisionError
    assert not Message.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_workers_are_woken_after_the_commit(receiver: Receiver) -> None:
    woken: list[int] = []

    def wake(**_: object) -> None:
        woken.append(Message.objects.count())

    outbox.message_written.connect(wake)
    with transaction.atomic():
        write("a", "b")
        assert woken == []
    outbox.message_written.disconnect(wake)
    assert woken == [2]


def test_it_is_tried_later_and_later_and_then_given_up(db: None, receiver: Receiver) -> None:
    write("a")
    receiver.refusals = [Undelivered("No.", 503), ValueError("a fault of ours"), Undelivered("Never.", 410)]
    waits, at = [], NOW
    for state, error, status in [("waiting", "No.", 503), ("waiting", "ValueError: a fault of ours", None)]:
        assert deliver(at) == 1
        row = Message.objects.get()
        assert (row.state, row.last_error, row.last_status, row.tried_at) == (state, error, status, at)
        waits.append(row.due_at - at)
        assert deliver(row.due_at - timedelta(microseconds=1)) == 0
        at = row.due_at
    assert waits == RETRIES
    assert deliver(at) == 1
    row = Message.objects.get()
    assert (row.state, row.last_error, row.last_status, row.attempts) == ("failed", "Never.", 410, 3)
    assert deliver(at + 365 * 24 * 60 * MINUTE) == 0


def test_what_got_through_is_done(db: None, receiver: Receiver) -> None:
    write("a")
    receiver.refusals = [Undelivered("No.", 503)]
    deliver(NOW)
    assert deliver(NOW + MINUTE) == 1
    row = Message.objects.get()
    assert (row.state, row.last_error, row.last_status, row.attempts) == ("done", "", 202, 2)


def test_a_fault_with_one_message_keeps_back_no_other(db: None, receiver: Receiver) -> None:
    write("a", "b", "c")
    receiver.refusals = [RuntimeError("broken")]
    assert deliver(NOW) == 3
    assert Message.objects.filter(state="done").count() == 2


def test_a_crash_before_marking_repeats_it_after_the_lease(db: None, receiver: Receiver) -> None:
    write("a")
    receiver.dies = True
    with pytest.raises(KeyboardInterrupt):
        deliver(NOW)
    assert deliver(NOW + LEASE - timedelta(microseconds=1)) == 0
    assert deliver(NOW + LEASE) == 1
    assert receiver.taken == {"a": 2}
    assert Message.objects.get().state == "done"


def test_an_attempt_that_outlived_its_lease_does_not_undo_the_next(db: None, receiver: Receiver) -> None:
    write("a")
    [slow] = outbox.claim(NOW)
    assert deliver(NOW + LEASE) == 1
    receiver.refusals = [Undelivered("too late")]
    outbox.attempt(slow, lambda: NOW + LEASE)
    assert Message.objects.get().state == "done"


def test_a_unique_key_is_written_once(db: None, receiver: Receiver) -> None:
    write("a", unique_key="digest:1")
    write("a", unique_key="digest:1")
    write("b", unique_key="digest:2")
    assert deliver(NOW) == 2


def test_mail_goes_before_what_may_be_slow(organisation: Organisation) -> None:
    assert BATCH < 10
    hook = Webhook.objects.create(organisation=organisation, name="Chat", url="https://x.example", created_at=NOW)
    Message.objects.bulk_create(
        [Message(kind="webhook", webhook=hook, created_at=NOW, due_at=NOW) for _ in range(10)]
        + [Message(kind="mail", created_at=NOW, due_at=NOW + MINUTE)]
    )
    assert outbox.claim(NOW + MINUTE)[0].kind == "mail"


@pytest.mark.django_db(transaction=True)
def test_two_workers_take_each_message_once(receiver: Receiver) -> None:
    names = [f"message {number}" for number in range(40)]
    write(*names)
    start = threading.Barrier(2)

    def work() -> None:
        start.wait()
        try:
            deliver(NOW)
        finally:
            connection.close()

    workers = [threading.Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert receiver.taken == dict.fromkeys(names, 1)
    assert set(Message.objects.values_list("state", "attempts")) == {("done", 1)}


def test_old_messages_go_and_waiting_ones_stay(db: None, receiver: Receiver) -> None:
    write("a", "b", "c")
    Message.objects.filter(payload__name="a").update(state="done")
    Message.objects.filter(payload__name="b").update(state="failed")
    assert outbox.purge(NOW + KEPT) == 0
    assert outbox.purge(NOW + KEPT + MINUTE) == 2
    assert Message.objects.get().payload == {"name": "c"}


def test_a_mail_arrives_as_it_was_written(db: None, settings: Settings) -> None:
    settings.EMAIL_BACKEND, settings.MAIL_BACKEND = (
        "notify.mail.Outbox",
        "django.core.mail.backends.locmem.EmailBackend",
    )
    written = EmailMultiAlternatives(
        "Über Größe", "text", "from@example.org", ["to@example.org"], cc=["cc@example.org"], headers={"X-Kind": "try"}
    )
    written.attach_alternative("<p>text</p>", "text/html")
    written.send()
    assert mail.outbox == []
    assert outbox.deliver_due(lambda: Message.objects.get().due_at) == 1
    [sent] = mail.outbox
    assert sent.message().as_string().count("text/html") == 1
    assert (sent.subject, sent.body, sent.to, sent.cc) == (written.subject, "text", written.to, written.cc)
    assert sent.extra_headers["X-Kind"] == "try"
    assert sent.extra_headers["Message-ID"] == f"<{Message.objects.get().public_id}@127.0.0.1>"


def test_a_mail_that_is_rolled_back_is_never_sent(db: None, settings: Settings) -> None:
    settings.EMAIL_BACKEND = "notify.mail.Outbox"
    with transaction.atomic():
        send_mail("subject", "body", None, ["to@example.org"])
        transaction.set_rollback(True)
    assert not Message.objects.exists()


def test_webhooks_wait_for_hours() -> None:
    courier = outbox._couriers["webhook"]
    assert len(courier.retries) == 5
    assert sum(courier.retries, timedelta()) >= timedelta(hours=5)
    assert all(later > earlier for earlier, later in pairwise(courier.retries))
