"""What a row of the access table says, and what follows from it for each of the cast."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from accounts.models import Role, Scope
from tests.access.world import World

Values = Callable[[World], Mapping[str, Any]]


def nothing(world: World) -> Mapping[str, Any]:
    """No path arguments, or an empty form."""
    return {}


class Who(Enum):
    """Whom a page lets in besides members of a role."""

    ANYONE = "anyone, signed in or not"
    SIGNED_IN = "anyone who is signed in"
    NOBODY = "nobody: it answers 404"


class Answer(Enum):
    """How a request may be answered, as far as access goes."""

    OPEN = "let in"
    SIGN_IN = "redirected to the sign-in"
    FORBIDDEN = "403"
    NOT_FOUND = "404"
    UNAUTHENTICATED = "401"
    FAULT = "400"


@dataclass(frozen=True)
class Page:
    """A page's route, and for each method that it takes the least that a reader must be."""

    route: str
    methods: Mapping[str, Role | Who]
    arguments: Values = nothing
    data: Values = nothing

    def expected(self, method: str, actor: str) -> Answer:
        """What the actor of this name gets."""
        least = self.methods[method]
        if least is Who.NOBODY:
            return Answer.NOT_FOUND
        if least is Who.ANYONE:
            return Answer.OPEN
        if actor in ("anonymous", "token"):
            return Answer.SIGN_IN
        if least is Who.SIGNED_IN:
            return Answer.OPEN
        if actor == "stranger":
            return Answer.NOT_FOUND
        assert isinstance(least, Role)
        return Answer.OPEN if Role(actor).includes(least) else Answer.FORBIDDEN


class Reach(Enum):
    """What an endpoint is about, which decides what strangers and bound tokens get."""

    SYSTEM = "one system or a part of it: 404 for everyone who may not see that system"
    ORGANISATION = "the organisation as a whole: 403 for a bound token"
    LIST = "what the token may see: never refused, only shorter"
    BODY = "systems that the body names: those it may not see are faults, 400"


@dataclass(frozen=True)
class Endpoint:
    """An API route, for each method the scope it needs, and what it is about.

    `query` makes its query parameters. `whole` names the methods of a LIST that concern the organisation as a whole, such
    as creating one more. A `public` endpoint is open to everyone, its scopes mean nothing.
    """

    route: str
    methods: Mapping[str, Scope]
    reach: Reach
    arguments: Values = nothing
    data: Values = nothing
    query: Values = nothing
    public: bool = False
    whole: frozenset[str] = frozenset()

    def expected(self, method: str, actor: str) -> Answer:
        """What the actor of this name gets. `bound` and `foreign` tokens have every scope."""
        if self.public:
            return Answer.OPEN
        if actor in ("anonymous", "session"):
            return Answer.UNAUTHENTICATED
        if actor == "foreign":
            return {Reach.SYSTEM: Answer.NOT_FOUND, Reach.BODY: Answer.FAULT}.get(self.reach, Answer.OPEN)
        if actor == "bound":
            reach = Reach.ORGANISATION if method in self.whole else self.reach
            refusals = {
                Reach.SYSTEM: Answer.NOT_FOUND,
                Reach.BODY: Answer.FAULT,
                Reach.ORGANISATION: Answer.FORBIDDEN,
            }
            return refusals.get(reach, Answer.OPEN)
        return Answer.OPEN if actor == self.methods[method] else Answer.FORBIDDEN


@dataclass(frozen=True)
class Library:
    """A route of django-allauth: the status of GET and of an empty POST, for the anonymous and for a viewer.

    Its form views take further methods as a POST, so that only these two are tried. 302 for the anonymous of a page that
    needs a sign-in is a redirect to it.
    """

    route: str
    anonymous: tuple[int, int]
    viewer: tuple[int, int]
    arguments: Values = nothing
