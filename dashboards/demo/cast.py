"""Who works at Meridian Labs, the organisation of the demo: its people, their roles and their teams."""

from __future__ import annotations

from dataclasses import dataclass

from accounts.models import Role

ORGANISATION = "Meridian Labs"
SLUG = "meridian"
FOUNDED_DAYS_AGO = 560

# Everyone of the demo signs in with it. It is printed on every start, so it is no secret; whoever seeds the demo asks for it.
PASSWORD = "meridian-demo"  # noqa: S105 - no secret, as said above


@dataclass(frozen=True, slots=True)
class Character:
    """One person of the demo; `teams` are slugs."""

    name: str
    email: str
    role: Role
    teams: tuple[str, ...] = ()


TEAMS = {
    "payments-risk": "Payments Risk",
    "search": "Search",
    "growth": "Growth",
    "operations": "Operations",
}

OWNER = Character("Ines Duarte", "ines@meridian.example", Role.OWNER, ("payments-risk",))

# By the names that the stories call them.
PEOPLE = {
    "ines": OWNER,
    "tomas": Character("Tomas Lindqvist", "tomas@meridian.example", Role.ADMIN, ("operations", "search")),
    "amara": Character("Amara Okafor", "amara@meridian.example", Role.ASSESSOR, ("payments-risk",)),
    "jun": Character("Jun Watanabe", "jun@meridian.example", Role.ASSESSOR, ("search",)),
    "petra": Character("Petra Novak", "petra@meridian.example", Role.ASSESSOR, ("growth",)),
    "samir": Character("Samir Haddad", "samir@meridian.example", Role.ASSESSOR, ("operations",)),
    "lucy": Character("Lucy Whitfield", "lucy@meridian.example", Role.VIEWER),
}
