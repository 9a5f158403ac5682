from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from accounts.actors import Actor
from accounts.errors import Conflict, Invalid
from accounts.models import Organisation
from assessments.systems import create_system
from rubric.loader import DEFAULT


class Command(BaseCommand):
    help = "Creates a system in an organisation and prints its slug."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--organisation", required=True, metavar="SLUG")
        parser.add_argument("--name", required=True)
        parser.add_argument("--slug", required=True)
        parser.add_argument("--rubric", default=DEFAULT, metavar="KEY")

    def handle(self, *args: Any, **options: Any) -> None:
        organisation = Organisation.objects.filter(slug=options["organisation"]).first()
        if organisation is None:
            raise CommandError(f"There is no organisation {options['organisation']!r}.")
        try:
            system = create_system(
                actor=Actor(organisation=organisation),
                at=timezone.now(),
                name=options["name"],
                slug=options["slug"],
                rubric=options["rubric"],
            )
        except (Conflict, Invalid) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(system.slug)
