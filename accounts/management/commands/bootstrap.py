"""Sets up an organisation and its owner without a browser."""

from __future__ import annotations

import os
import secrets
from argparse import ArgumentParser
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.core.validators import validate_email, validate_slug
from django.db import transaction
from django.utils import timezone

from accounts.models import Membership, Organisation, Person, Role
from accounts.organisations import create_organisation
from accounts.people import create_person, person_with


class Command(BaseCommand):
    help = (
        "Creates an organisation and its owner, unless they are there. A new owner's password comes from the environment "
        "variable MLSCORE_PASSWORD; without it one is generated and printed, this once."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--organisation", required=True, metavar="NAME")
        parser.add_argument("--slug", required=True)
        parser.add_argument("--email", required=True, help="the owner's e-mail address")

    def handle(self, *args: Any, **options: Any) -> None:
        name, slug, email = options["organisation"], options["slug"], options["email"]
        check(name, slug, email)
        organisation = Organisation.objects.filter(slug=slug).first()
        if organisation is None:
            with transaction.atomic():
                owner = person_with(email) or self.make_person(email)
                create_organisation(name=name, slug=slug, owner=owner, at=timezone.now())
            self.stdout.write(f"Created the organisation {name}, owned by {owner.email}.")
            return
        owners = Membership.objects.filter(organisation=organisation, role=Role.OWNER)
        if not owners.filter(person__email__iexact=email).exists():
            raise CommandError(f"There is an organisation {slug!r} already, and {email} is not its owner.")
        self.stdout.write(f"The organisation {organisation} is there, owned by {email}.")

    def make_person(self, email: str) -> Person:
        """A new person, with the password of the environment or a generated one, which is printed."""
        given = os.environ.get("MLSCORE_PASSWORD", "")
        password = given or secrets.token_urlsafe(15)
        try:
            validate_password(password, Person(email=email))
        except ValidationError as error:
            raise CommandError("MLSCORE_PASSWORD: " + " ".join(error.messages)) from error
        person = create_person(email=email, name="", password=password, at=timezone.now())
        if not given:
            self.stdout.write(f"Password of {email}: {password}")
        return person


def check(name: str, slug: str, email: str) -> None:
    """Raises CommandError for what no form would let pass."""
    try:
        validate_slug(slug)
        validate_email(email)
    except ValidationError as error:
        raise CommandError(f"{error.messages[0]} ({slug}, {email})") from error
    if not 1 <= len(name) <= 120 or len(slug) > 60:
        raise CommandError("A name has 1 to 120 characters, a slug at most 60.")
