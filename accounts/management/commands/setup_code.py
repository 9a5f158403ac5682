"""Prints the one-time code of an empty installation."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.utils import timezone

from accounts.first_visit import issue_setup_code


class Command(BaseCommand):
    help = (
        "Prints a fresh one-time code with which the first visitor founds the first organisation. "
        "Prints nothing when there is an organisation."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        code = issue_setup_code(at=timezone.now())
        if code is None:
            self.stderr.write("MLScore is set up already; there is nothing to do.")
            return
        self.stderr.write(f"Open {settings.PUBLIC_URL}/setup/ and give this code:")
        self.stdout.write(code)
