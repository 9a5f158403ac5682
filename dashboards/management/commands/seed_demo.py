from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from dashboards.demo import cast
from dashboards.demo.seeding import NotEmpty, seed


class Command(BaseCommand):
    help = (
        "Fills an empty database with the demo, Meridian Labs: 4 teams, 12 systems and 18 months of assessments and "
        "results that end today. Does nothing where the demo is there, and refuses where anything else is."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            made = seed(timezone.now())
        except NotEmpty as error:
            raise CommandError(
                "The database is not empty, and what is in it is not the demo; nothing was changed."
            ) from error
        self.stdout.write(
            f"Made the demo, {cast.ORGANISATION}." if made else f"The demo, {cast.ORGANISATION}, is there."
        )
        self.stdout.write(f"Sign in as {cast.OWNER.email} (owner) with the password {cast.PASSWORD}")
        others = ", ".join(
            f"{each.email} ({each.role.value})" for each in cast.PEOPLE.values() if each is not cast.OWNER
        )
        self.stdout.write(f"The same password fits {others}.")
