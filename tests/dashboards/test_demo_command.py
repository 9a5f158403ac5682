"""`manage.py seed_demo` touches nobody's data."""

from __future__ import annotations

import pytest
from django.core.management import CommandError, call_command

from accounts.models import Organisation, Person


@pytest.mark.django_db
def test_a_database_with_anything_else_in_it_is_left_alone() -> None:
    Person.objects.create_user("someone@example.com")
    with pytest.raises(CommandError, match="not empty"):
        call_command("seed_demo")
    assert not Organisation.objects.exists() and Person.objects.count() == 1
