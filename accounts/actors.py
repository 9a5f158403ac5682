"""Who does something, as every operation takes it."""

from __future__ import annotations

from dataclasses import dataclass

from accounts.models import Membership, Organisation, Person, Token


@dataclass(frozen=True, slots=True)
class Actor:
    """The one on whose behalf an operation runs: a person, a token, or (neither given) the command line."""

    organisation: Organisation
    person: Person | None = None
    token: Token | None = None

    @classmethod
    def of(cls, membership: Membership) -> Actor:
        """The member as an actor in their organisation."""
        return cls(organisation=membership.organisation, person=membership.person)

    @property
    def label(self) -> str:
        """How records name the actor: an e-mail address, `token NAME`, or `command line`."""
        if self.person is not None:
            return self.person.email
        return f"token {self.token.name}" if self.token is not None else "command line"
