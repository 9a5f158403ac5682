"""Webhooks: signed, sent to a real receiver, tried again, sent again by hand, rotated; and never into the own network."""

from __future__ import annotations

import ipaddress
import json
import socket
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from accounts import outgoing
from accounts.actors import Actor
from accounts.errors import Conflict, Invalid
from accounts.models import Activity, Membership, Organisation
from notify import outbox, sending, shapes, webhooks
from notify.kinds import Kind
from notify.models import Message, Webhook
from notify.notices import News, tell_webhooks
from tests.cast import NOW
from tests.docs.pages import DOCS
from tests.notify.receiver import Receiver, listening

SignIn = Callable[[Membership], Client]
MINUTE = timedelta(minutes=1)
BAND = News(
    organisation=Organisation(),
    kind=Kind.BAND,
    key="band.changed:1",
    title="Fraud <scorer> & co rose to “Reasonably tested”",
    body="The score is 2.5.\nBefore: *1*.",
    path="/o/acme/systems/fraud/",
    at=NOW,
    facts={"system": "fraud", "from": "weak", "to": "reasonable"},
)


@pytest.fixture
def receiver(settings: Settings) -> Iterator[Receiver]:
    settings.WEBHOOKS_ALLOW_PRIVATE = True
    with listening() as found:
        yield found


def make(member: Membership, url: str, **values: Any) -> tuple[Webhook, str]:
    given = {"name": "Chat", "shape": "standard", "kinds": ["band.changed"], **values}
    return webhooks.create_webhook(actor=Actor.of(member), url=url, at=NOW, **given)


def happens(organisation: Organisation) -> int:
    news = News(**{field: getattr(BAND, field) for field in News.__slots__} | {"organisation": organisation})
    return tell_webhooks(news=news, now=NOW)


def deliver(at: datetime = NOW) -> int:
    return outbox.deliver_due(lambda: at)


def verified(secret: str, headers: dict[str, str], body: bytes, now: datetime = NOW) -> bool:
    """What the documentation tells receivers to do, run as it stands there at `now`."""
    page = (DOCS / "how-to/webhooks.md").read_text(encoding="utf-8")
    code = page.split("```python\n")[1].split("```")[0]
    names: dict[str, Any] = {}
    exec(code, names)  # noqa: S102 - the page's own example
    names["time"] = SimpleNamespace(time=now.timestamp)
    return bool(names["verified"](secret, headers, body))


def test_a_message_is_signed_and_every_attempt_bears_its_id(admin: Membership, receiver: Receiver) -> None:
    _, secret = make(admin, receiver.url + "/hook?room=1")
    receiver.answers = [500, 404, 200]
    assert happens(admin.organisation) == 1
    assert happens(admin.organisation) == 1
    at = NOW
    while row := Message.objects.filter(state="waiting").first():
        at = row.due_at
        deliver(at)
    assert [path for path, *_ in receiver.requests] == ["/hook?room=1"] * 3
    assert len({headers["webhook-id"] for _, headers, _ in receiver.requests}) == 1
    assert len({body for *_, body in receiver.requests}) == 1
    stamps = [int(headers["webhook-timestamp"]) for _, headers, _ in receiver.requests]
    assert stamps == [int(NOW.timestamp()), stamps[1], int(at.timestamp())]
    for stamp, (_, headers, body) in zip(stamps, receiver.requests, strict=True):
        assert verified(secret, headers, body, datetime.fromtimestamp(stamp, UTC))
    _, headers, body = receiver.requests[0]
    assert not verified(secret, headers, body, NOW + timedelta(minutes=6))
    assert not verified(secret, headers, body + b" ")
    assert not verified(secret, headers | {"webhook-timestamp": str(stamps[0] + 1)}, body)
    sent = json.loads(body)
    assert sent["type"] == "band.changed"
    assert sent["timestamp"] == "2026-06-01T12:00:00Z"
    assert sent["data"]["url"].endswith("/o/acme/systems/fraud/")
    assert sent["data"]["to"] == "reasonable"
    done = Message.objects.get()
    assert (done.state, done.attempts, done.last_status) == ("done", 3, 200)


def test_only_what_was_chosen_is_sent_and_only_while_it_is_on(
    admin: Membership, stranger: Membership, receiver: Receiver
) -> None:
    make(admin, receiver.url, kinds=["check.failing"])
    make(stranger, receiver.url)
    hook, _ = make(admin, receiver.url, name="Off")
    values: dict[str, Any] = {"name": "Off", "url": receiver.url, "shape": "standard", "kinds": ["band.changed"]}
    webhooks.update_webhook(actor=Actor.of(admin), webhook_id=hook.pk, active=False, at=NOW, **values)
    assert happens(admin.organisation) == 0
    assert deliver() == 0


def test_redirects_are_not_followed(admin: Membership, receiver: Receiver) -> None:
    make(admin, receiver.url)
    receiver.answers = [302]
    happens(admin.organisation)
    deliver()
    assert len(receiver.requests) == 1
    row = Message.objects.get()
    assert (row.state, row.last_status) == ("waiting", 302)
    assert "not followed" in row.last_error


def post(receiver: Receiver) -> outgoing.Answer:
    return outgoing.ask("POST", receiver.url, outgoing.Way(allow_private=True), headers={}, body=b"{}")


def test_an_answer_without_end_is_cut_off(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outgoing, "WHOLE_SECONDS", 0.5)
    receiver.slow = 0.05
    began = time.monotonic()
    answer = post(receiver)
    assert time.monotonic() - began < 4
    assert len(answer.text) < outgoing.MOST_READ


def test_a_long_answer_is_read_in_part(receiver: Receiver) -> None:
    receiver.text = "x" * 1_000_000
    assert len(post(receiver).text) == outgoing.MOST_READ


def test_nobody_there(admin: Membership, receiver: Receiver) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{probe.getsockname()[1]}/"
    make(admin, url)
    happens(admin.organisation)
    deliver()
    assert "refused" in Message.objects.get().last_error.lower()


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.216.34", True),
        ("2606:2800:220:1:248:1893:25c8:1946", True),
        ("127.0.0.1", False),
        ("10.1.2.3", False),
        ("172.31.255.255", False),
        ("192.168.0.1", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("0.0.0.1", False),
        ("224.0.0.1", False),
        ("240.0.0.1", False),
        ("255.255.255.255", False),
        ("::", False),
        ("::1", False),
        ("fe80::1", False),
        ("fd00::1", False),
        ("ff02::1", False),
        ("::ffff:127.0.0.1", False),
        ("::ffff:93.184.216.34", True),
        ("64:ff9b::7f00:1", False),
        ("64:ff9b::5db8:d822", True),
        ("2002:7f00:1::", False),
        ("2001:db8::1", False),
    ],
)
def test_which_addresses_are_public(address: str, public: bool) -> None:
    assert outgoing.is_public(ipaddress.ip_address(address)) is public


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "2130706433", "127.1", "[::1]", "[::ffff:127.0.0.1]"])
def test_the_own_network_is_refused_when_connecting(
    admin: Membership, receiver: Receiver, settings: Settings, host: str
) -> None:
    settings.WEBHOOKS_ALLOW_PRIVATE = False
    make(admin, receiver.url.replace("127.0.0.1", host))
    happens(admin.organisation)
    deliver()
    assert "private or reserved" in Message.objects.get().last_error
    assert receiver.requests == []


def test_one_private_address_among_public_ones_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, 443)) for each in ("93.184.216.34", "10.0.0.1")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    with pytest.raises(outgoing.Refused):
        outgoing.resolve("both.example", 443, allow_private=False)


def test_rotation_signs_by_both_secrets_for_a_day(admin: Membership, receiver: Receiver) -> None:
    hook, former = make(admin, receiver.url)
    _, secret = webhooks.rotate_secret(actor=Actor.of(admin), webhook_id=hook.pk, at=NOW)
    assert secret != former
    for at in (NOW, NOW + timedelta(hours=24)):
        webhooks.ping(actor=Actor.of(admin), webhook_id=hook.pk, at=at)
        deliver(at)
    both, alone = [(headers, body) for _, headers, body in receiver.requests]
    assert verified(secret, *both) and verified(former, *both)
    day_after = NOW + timedelta(hours=24)
    assert verified(secret, *alone, day_after) and not verified(former, *alone, day_after)


def test_a_former_key_of_the_installation_signs_as_well(
    admin: Membership, receiver: Receiver, settings: Settings
) -> None:
    hook, secret = make(admin, receiver.url)
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another key", [settings.SECRET_KEY]
    webhooks.ping(actor=Actor.of(admin), webhook_id=hook.pk, at=NOW)
    deliver()
    _, headers, body = receiver.requests[0]
    assert verified(secret, headers, body)


def test_a_delivery_is_sent_again_under_its_id(admin: Membership, receiver: Receiver) -> None:
    hook, _ = make(admin, receiver.url)
    webhooks.ping(actor=Actor.of(admin), webhook_id=hook.pk, at=NOW)
    row = Message.objects.get()
    with pytest.raises(Conflict):
        webhooks.resend(actor=Actor.of(admin), webhook_id=hook.pk, message_id=row.pk, at=NOW)
    deliver()
    webhooks.resend(actor=Actor.of(admin), webhook_id=hook.pk, message_id=row.pk, at=NOW + MINUTE)
    assert deliver(NOW + MINUTE) == 1
    first, second = [headers["webhook-id"] for _, headers, _ in receiver.requests]
    assert first == second == sending.message_id(row)


def test_what_slack_and_teams_are_sent() -> None:
    content = {"type": "band.changed", "data": {"title": BAND.title, "text": BAND.body, "url": "https://x.example/a"}}
    slack = json.loads(shapes.body("slack", content))
    assert slack["text"].splitlines() == [
        "*<https://x.example/a|Fraud &lt;scorer&gt; &amp; co rose to “Reasonably tested”>*",
        "The score is 2.5.",
        "Before: *1*.",
    ]
    [attachment] = json.loads(shapes.body("teams", content))["attachments"]
    card = attachment["content"]
    assert attachment["contentType"] == "application/vnd.microsoft.card.adaptive"
    assert [block["text"] for block in card["body"]] == [BAND.title, "The score is 2.5.\n\nBefore: \\*1\\*."]
    assert card["actions"][0]["url"] == "https://x.example/a"


@pytest.mark.parametrize(
    ("fault", "field"),
    [
        ({"url": "ftp://x.example/"}, "url"),
        ({"url": "https://"}, "url"),
        ({"url": "https://user:secret@x.example/"}, "url"),
        ({"url": "https://x.example:99999/"}, "url"),
        ({"url": "https://x.example/a b"}, "url"),
        ({"url": "https://x.example/" + "x" * 2000}, "url"),
        ({"name": " "}, "name"),
        ({"shape": "fax"}, "shape"),
        ({"kinds": []}, "kinds"),
        ({"kinds": ["assigned"]}, "kinds"),
    ],
)
def test_what_is_refused(admin: Membership, fault: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        make(admin, **{"url": "https://x.example/", **fault})
    assert [each.path for each in refused.value.faults] == [(field,)]
    assert not Webhook.objects.exists()


def test_from_creating_to_deleting_in_the_pages(admin: Membership, sign_in: SignIn, receiver: Receiver) -> None:
    client = sign_in(admin)
    form = {"name": "Chat", "url": receiver.url + "/secret-part", "shape": "standard", "kinds": ["check.failing"]}
    created = client.post("/o/acme/webhooks/new/", form)
    assert created["Cache-Control"] == "no-store"
    secret = created.context["secret"]
    assert secret in created.content.decode()
    hook = Webhook.objects.get()
    page = f"/o/acme/webhooks/{hook.pk}/"
    assert secret not in client.get(page).content.decode() + repr(list(Webhook.objects.values()))
    assert client.post(page + "ping/").status_code == 302
    receiver.answers, receiver.text = [503], "<b>later</b>"
    deliver(Message.objects.get().due_at)
    shown = client.get(page).content.decode()
    assert "&lt;b&gt;later&lt;/b&gt;" in shown
    assert "1 attempt," in shown
    Message.objects.update(state="failed")
    assert "given up" in client.get(page).content.decode()
    assert client.post(f"{page}deliveries/{Message.objects.get().pk}/resend/").status_code == 302
    assert Message.objects.get().state == "waiting"
    assert client.post(page, form | {"active": "on", "shape": "slack"}).status_code == 302
    assert client.post(page, form | {"url": "nowhere"}).status_code == 400
    rotated = client.post(page + "rotate/").context["secret"]
    assert rotated != secret
    assert client.post(page + "delete/").status_code == 302
    assert not Webhook.objects.exists()
    assert list(
        Activity.objects.filter(action__startswith="webhook.").order_by("id").values_list("action", flat=True)
    ) == [
        "webhook.created",
        "webhook.resent",
        "webhook.changed",
        "webhook.rotated",
        "webhook.deleted",
    ]
    assert "secret-part" not in repr(list(Activity.objects.values()))
