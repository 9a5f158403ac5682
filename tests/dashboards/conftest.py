"""A system with a story, whose pages many tests read."""

from __future__ import annotations

from datetime import datetime

import pytest
from django.utils import timezone

from accounts.models import Membership, Organisation
from assessments.models import System
from tests.factories import fraud_story


@pytest.fixture
def now() -> datetime:
    return timezone.now()


@pytest.fixture
def fraud(organisation: Organisation, owner: Membership, now: datetime) -> System:
    return fraud_story(organisation, now, by=owner.person, tags=["tier-1", "a&b"], owner=owner.person)
