"""Setting up an empty installation: the first visitor founds the first organisation, with a code that the console printed."""

from __future__ import annotations

import secrets
from datetime import datetime

from django.db import transaction

from accounts.errors import FieldFault, Invalid
from accounts.models import Organisation, Person, SetupCode, hash_secret
from accounts.organisations import create_organisation, free_slug
from accounts.people import create_person

# Neither digits nor letters that are read for one another.
ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
GROUPS, GROUP_LENGTH = 4, 5


def is_open() -> bool:
    """Whether nobody has set up this installation yet."""
    return not Organisation.objects.exists()


@transaction.atomic
def issue_setup_code(*, at: datetime) -> str | None:
    """A fresh one-time code such as `7KQ2M-...` (100 bits); the former one ends. None when there is an organisation."""
    if not is_open():
        return None
    code = "-".join("".join(secrets.choice(ALPHABET) for _ in range(GROUP_LENGTH)) for _ in range(GROUPS))
    SetupCode.objects.all().delete()
    SetupCode.objects.create(secret_hash=hash_secret(normalised(code)), created_at=at)
    return code


def normalised(code: str) -> str:
    """A code as it is hashed, however it was typed: without hyphens and spaces, in capitals."""
    return "".join(character for character in code.upper() if character.isalnum())


@transaction.atomic
def set_up(*, code: str, organisation: str, email: str, name: str, password: str, at: datetime) -> Person:
    """Found the first organisation, with its owner, and use up the code. `at` is aware.

    Raises Invalid for a wrong code. Of two who hold the code, the one who deletes its row first wins.
    """
    used, _ = SetupCode.objects.filter(secret_hash=hash_secret(normalised(code))).delete()
    if not used or not is_open():
        raise Invalid(FieldFault(("code",), "This is not the code that the start printed last."))
    owner = create_person(email=email, name=name, password=password, at=at)
    create_organisation(name=organisation, slug=free_slug(organisation), owner=owner, at=at)
    return owner
