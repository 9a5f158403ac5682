"""What people can do to their own account."""

from __future__ import annotations

from datetime import datetime

from allauth.account.models import EmailAddress
from django.db import IntegrityError, transaction

from accounts.errors import Conflict, FieldFault
from accounts.models import Person


def person_with(email: str) -> Person | None:
    """The person who signs in with this address, in whatever case it is written."""
    return Person.objects.filter(email__iexact=email).first()


@transaction.atomic
def create_person(*, email: str, name: str, password: str | None, at: datetime) -> Person:
    """An account that is ready to sign in; its form checked the address and the password.

    The address counts as confirmed: whoever invited this person, or set up the installation, vouches for it. `at` is
    aware. Raises Conflict when somebody has the address.
    """
    try:
        with transaction.atomic():
            person = Person.objects.create_user(email, password, name=name)
    except IntegrityError as error:
        detail = f"There is an account with the address {email} already."
        raise Conflict(detail, FieldFault(("email",), detail)) from error
    Person.objects.filter(pk=person.pk).update(created_at=at)
    person.created_at = at
    EmailAddress.objects.create(user=person, email=person.email, verified=True, primary=True)
    return person


def rename_person(*, person: Person, name: str) -> None:
    """Change the name under which a person is shown."""
    person.name = name
    person.save(update_fields=["name"])
