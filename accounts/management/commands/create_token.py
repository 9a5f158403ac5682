"""Creates a token without a browser."""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from accounts.actors import Actor
from accounts.errors import Invalid
from accounts.models import Organisation, Scope
from accounts.tokens import create_token

LONGEST_DAYS = 3650


class Command(BaseCommand):
    help = "Creates a token and prints it, alone, on standard output. It is shown this once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--organisation", required=True, metavar="SLUG")
        parser.add_argument("--name", required=True)
        parser.add_argument("--scope", required=True, action="append", choices=Scope.values, dest="scopes")
        parser.add_argument("--system", metavar="SLUG", help="bind the token to this system")
        parser.add_argument("--expires-days", type=int, metavar="D", help="end it after D days (default: never)")

    def handle(self, *args: Any, **options: Any) -> None:
        organisation = Organisation.objects.filter(slug=options["organisation"]).first()
        if organisation is None:
            raise CommandError(f"There is no organisation {options['organisation']!r}.")
        system = None
        if options["system"] is not None:
            system = organisation.systems.filter(slug=options["system"]).first()
            if system is None:
                raise CommandError(f"There is no system {options['system']!r} in {organisation}.")
        days = options["expires_days"]
        if days is not None and not 1 <= days <= LONGEST_DAYS:
            raise CommandError(f"A token expires after 1 to {LONGEST_DAYS} days.")
        now = timezone.now()
        try:
            _, secret = create_token(
                actor=Actor(organisation=organisation),
                name=options["name"],
                scopes=options["scopes"],
                system_id=system.pk if system else None,
                expires_at=now + timedelta(days=days) if days else None,
                at=now,
            )
        except Invalid as error:
            raise CommandError(str(error)) from error
        self.stdout.write(secret)
