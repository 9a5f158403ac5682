"""People, organisations and what binds them. An organisation is the tenant: nothing crosses it."""

from accounts.models.activity import Activity
from accounts.models.credentials import Invitation, Pass, Scope, SetupCode, Token, hash_secret
from accounts.models.people import (
    REPEAT_HOURS,
    RETENTION_MONTHS,
    REVIEW_INTERVAL_DAYS,
    WINDOW_DAYS,
    Credit,
    Membership,
    Organisation,
    OrganisationQuerySet,
    OwnedQuerySet,
    Person,
    PersonManager,
    Role,
    Team,
)

__all__ = [
    "REPEAT_HOURS",
    "RETENTION_MONTHS",
    "REVIEW_INTERVAL_DAYS",
    "WINDOW_DAYS",
    "Activity",
    "Credit",
    "Invitation",
    "Membership",
    "Organisation",
    "OrganisationQuerySet",
    "OwnedQuerySet",
    "Pass",
    "Person",
    "PersonManager",
    "Role",
    "Scope",
    "SetupCode",
    "Team",
    "Token",
    "hash_secret",
]
