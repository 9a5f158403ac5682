"""Who may open which page. Every page of an organisation lies under `/o/<slug:organisation>/` and names its role here."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, cast

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponseBase

from accounts.models import Membership, Person, Role

P = ParamSpec("P")


class MemberRequest(HttpRequest):
    """A request that got past `member_page`: its person is signed in and a member of the organisation in the address."""

    user: Person
    membership: Membership
    memberships: list[Membership]


PageView = Callable[Concatenate[MemberRequest, P], HttpResponseBase]
View = Callable[Concatenate[HttpRequest, P], HttpResponseBase]


def member_page(role: Role) -> Callable[[PageView[P]], View[P]]:
    """Let only members in whose role includes `role`; the view finds them as `request.membership`.

    The middleware has sent anonymous readers to the sign-in and answered strangers with 404 before; a member whose
    role is too low gets a 403. The view keeps its address's `organisation` argument.
    """

    def decorate(view: PageView[P]) -> View[P]:
        @wraps(view)
        def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            membership: Membership | None = getattr(request, "membership", None)
            if membership is None:
                raise Http404
            if not membership.may(role):
                raise PermissionDenied(f"This needs the role {role.label.lower()} or a higher one.")
            return view(cast(MemberRequest, request), *args, **kwargs)

        return guarded

    return decorate
