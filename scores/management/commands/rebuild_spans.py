from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from assessments.models import System
from evidence.rebuilding import check_system
from scores.keeping import check_states


class Command(BaseCommand):
    help = "Replays results into runs, runs into spans and these into states, and repairs what differs; --check only tells."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true", help="change nothing; fail when a layer differs")
        parser.add_argument("--organisation", metavar="SLUG", help="only this organisation's systems")
        parser.add_argument("--system", metavar="SLUG", help="only the systems of this slug")

    def handle(self, *args: Any, **options: Any) -> None:
        systems = System.objects.order_by("organisation__slug", "slug")
        if options["organisation"]:
            systems = systems.filter(organisation__slug=options["organisation"])
        if options["system"]:
            systems = systems.filter(slug=options["system"])
        differing = 0
        for system in systems:
            repair = not options["check"]
            for found in [*check_system(system.pk, repair=repair), *check_states(system.pk, repair=repair)]:
                differing += 1
                self.stdout.write(f"{found.system}: {found.layer} of {found.subject}: {found.detail}")
        if differing and options["check"]:
            raise CommandError(f"{differing} disagreements; run rebuild_spans without --check to repair them.")
        self.stdout.write(
            f"{systems.count()} systems, {differing} disagreements" + ("" if options["check"] else " repaired")
        )
