"""What the access table's routes and bodies refer to: one of each thing in Acme, and its cast."""

from __future__ import annotations

from datetime import timedelta
from functools import cached_property

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from accounts.actors import Actor
from accounts.invitations import invite
from accounts.models import Invitation, Membership, Organisation, Role, Scope, Team, Token
from accounts.organisations import create_organisation
from accounts.teams import create_team
from accounts.tokens import create_token
from assessments.attachments import add_file
from assessments.badges import show_chart, turn_on
from assessments.events import Told, record_event
from assessments.initiatives import WantedStep, create_initiative
from assessments.models import (
    Assessment,
    Attachment,
    Badge,
    EventKind,
    Initiative,
    System,
    SystemEvent,
    TeamSession,
)
from assessments.operations import start_assessment
from assessments.sessions import open_session
from dashboards.reports.links import create_link
from dashboards.reports.making import REPORT, make, request_report
from evidence.models import Result
from keyless.bindings import add_binding
from keyless.models import Binding, Kind
from notify.models import Message, Webhook
from notify.webhooks import create_webhook, ping
from scores.models import Report, ShareLink
from tests.cast import make_member, make_person
from tests.factories import assess, make_system, post


class World:
    """Acme with a member of each role and one of each thing, made when first asked for; Globex with a stranger."""

    def __init__(self) -> None:
        # Operations of the views take the real time, so the world is made in the real past.
        self.now = timezone.now() - timedelta(hours=1)
        self.organisation = create_organisation(name="Acme", slug="acme", owner=make_person("olga"), at=self.now)
        self.elsewhere = create_organisation(name="Globex", slug="globex", owner=make_person("steve"), at=self.now)
        self.owner = self.organisation.memberships.get()
        self.stranger = self.elsewhere.memberships.get()
        self.admin = make_member(self.organisation, "ada", Role.ADMIN)
        self.assessor = make_member(self.organisation, "axel", Role.ASSESSOR)
        self.viewer = make_member(self.organisation, "vera", Role.VIEWER)

    @cached_property
    def actor(self) -> Actor:
        return Actor.of(self.owner)

    @cached_property
    def member(self) -> Membership:
        """Somebody whom nobody of the cast is."""
        return make_member(self.organisation, "mel", Role.VIEWER)

    @cached_property
    def system(self) -> System:
        return make_system(self.organisation, self.now, name="Fraud scorer", slug="fraud-scorer")

    @cached_property
    def other_system(self) -> System:
        """Another one of Acme's, to which the bound token is bound."""
        return make_system(self.organisation, self.now, name="Churn", slug="churn")

    @cached_property
    def team(self) -> Team:
        return create_team(actor=self.actor, name="Risk", at=self.now)

    @cached_property
    def invited(self) -> tuple[Invitation, str]:
        """An open invitation and its secret."""
        return invite(actor=self.actor, email="ines@example.org", role=Role.VIEWER, at=self.now)

    @cached_property
    def token(self) -> Token:
        """A token that only the table's routes name; the cast's tokens are made by `secret`."""
        return create_token(
            actor=self.actor, name="spare", scopes=[Scope.READ], system_id=None, expires_at=None, at=self.now
        )[0]

    @cached_property
    def binding(self) -> Binding:
        return add_binding(
            actor=self.actor,
            system_id=self.system.pk,
            kind=Kind.GITHUB,
            issuer="https://token.actions.githubusercontent.com",
            claims=[("repository", "acme/fraud")],
            at=self.now,
        )

    @cached_property
    def webhook(self) -> Webhook:
        return create_webhook(
            actor=self.actor,
            name="Chat",
            url="https://chat.example/hook",
            shape="standard",
            kinds=["band.changed"],
            at=self.now,
        )[0]

    @cached_property
    def webhook_delivery(self) -> Message:
        ping(actor=self.actor, webhook_id=self.webhook.pk, at=self.now)
        Message.objects.filter(webhook=self.webhook).update(state="failed")
        return self.webhook.deliveries.get()

    @cached_property
    def draft(self) -> Assessment:
        return start_assessment(actor=self.actor, system=self.system, at=self.now)

    @cached_property
    def session(self) -> TeamSession:
        """An open session that the assessor leads; admins may take over."""
        return open_session(
            member=self.assessor, assessment=self.draft, anonymous=False, viewers_vote=False, at=self.now
        )

    @cached_property
    def file(self) -> Attachment:
        """A file of the draft."""
        content = SimpleUploadedFile("report.txt", b"passed")
        return add_file(
            actor=self.actor, assessment=self.draft, test="data-1", name="report.txt", content=content, at=self.now
        )

    @cached_property
    def final(self) -> Assessment:
        return assess(self.system, self.now, {"data-1": "manual"})

    @cached_property
    def badge(self) -> Badge:
        return turn_on(actor=self.actor, system=self.system, at=self.now)

    @cached_property
    def charted(self) -> Badge:
        """The badge with its chart on."""
        return show_chart(actor=self.actor, system=self.badge.system, shown=True, at=self.now)

    @cached_property
    def result(self) -> Result:
        post(self.system, ["data-1"], [self.now], self.now, model_version="models:/fraud/7")
        return Result.objects.get(system=self.system)

    @cached_property
    def event(self) -> SystemEvent:
        told = Told(EventKind.NOTE, "Moved to the new cluster")
        return record_event(actor=self.actor, system=self.system, told=told, at=self.now)[0]

    @cached_property
    def initiative(self) -> Initiative:
        steps = [WantedStep(self.system, "data-1", "manual")]
        return create_initiative(actor=self.actor, title="Schemas", steps=steps, at=self.now)

    @cached_property
    def report(self) -> Report:
        """A PDF that a member asked for, ready."""
        return self._made(
            request_report(
                organisation=self.organisation,
                system=self.system,
                as_of=self.now,
                at=self.now,
                person=self.member.person,
            )
        )

    @cached_property
    def share_link(self) -> tuple[ShareLink, str]:
        """An open link with a PDF, and its secret."""
        expires_at, system = self.now + timedelta(days=7), self.system
        link, secret = create_link(
            actor=self.actor, name="Board", system=system, as_of=None, expires_at=expires_at, at=self.now
        )
        as_of = timezone.now()
        self._made(request_report(organisation=self.organisation, system=system, as_of=as_of, at=as_of, link=link))
        return link, secret

    def _made(self, report: Report) -> Report:
        """The report once its message is delivered, and no other."""
        make(Message.objects.get(kind=REPORT, payload__report=report.pk), self.now)
        return report

    def client(self, actor: str) -> Client:
        """The browser of one of the cast; `token` and `anonymous` have no session."""
        client = Client(headers=self.bearer(self.organisation, list(Scope)) if actor == "token" else None)
        if actor not in ("anonymous", "token"):
            member: Membership = getattr(self, actor)
            client.force_login(member.person)
        return client

    def api_client(self, actor: str) -> Client:
        """A client of the API: `session` is signed in and shows no token; a scope's name is a token with that one alone."""
        if actor == "anonymous":
            return Client()
        if actor == "session":
            return self.client("owner")
        if actor == "foreign":
            return Client(headers=self.bearer(self.elsewhere, list(Scope)))
        if actor == "bound":
            return Client(headers=self.bearer(self.organisation, list(Scope), self.other_system))
        return Client(headers=self.bearer(self.organisation, [Scope(actor)]))

    def bearer(self, organisation: Organisation, scopes: list[Scope], system: System | None = None) -> dict[str, str]:
        """The header of a fresh token."""
        _, secret = create_token(
            actor=Actor(organisation),
            name="client",
            scopes=scopes,
            system_id=system.pk if system else None,
            expires_at=None,
            at=self.now,
        )
        return {"Authorization": f"Bearer {secret}"}
