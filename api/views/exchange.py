"""Keyless publishing: the token that a CI gives its jobs, for one of ours."""

from __future__ import annotations

from http import HTTPStatus

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from api.base import ApiView, read_record
from api.documents import operation
from api.problems import Problem, forbidden
from api.resources import exchange as resource
from api.throttles import count_exchange
from keyless.exchange import NotBound, exchange
from keyless.fetching import Unreachable
from keyless.identity import Refused

NOT_BOUND = "No system, or more than one, is bound to what this token says, or its signature is wrong. It says: {said}."
RETRY_AFTER = 10
REFUSALS = (
    HTTPStatus.BAD_REQUEST,
    HTTPStatus.UNAUTHORIZED,
    HTTPStatus.FORBIDDEN,
    HTTPStatus.TOO_MANY_REQUESTS,
    HTTPStatus.SERVICE_UNAVAILABLE,
)


class TokenExchange(ApiView):
    """Open to all: the body holds what proves who calls."""

    authentication_classes = []

    @operation(
        "Exchange a CI's token",
        tag="token",
        body=resource.REQUEST.schema,
        answers={HTTPStatus.OK: "Exchanged"},
        public=True,
        refusals=REFUSALS,
    )
    def post(self, request: Request) -> Response:
        """For pipelines without a stored secret: the OpenID Connect token of a CI job is verified by its issuer's published
        keys, and answered with a token of 15 minutes for the system that is bound to its claims.

        `organisation` may be left out where the server has one, `system` where one system alone is bound to the pipeline. 401
        says what is wrong with the token itself; 403 is the same whatever is bound, and repeats what the token says. 503
        while the issuer's keys cannot be read, whichever organisation is named.
        """
        count_exchange(str(request.META.get("REMOTE_ADDR", "")), self.now.timestamp())
        given = read_record(resource.REQUEST, self.body())
        try:
            exchanged = exchange(
                token=given["token"],
                organisation=given.get("organisation"),
                system=given.get("system"),
                at=self.now,
            )
        except Refused as error:
            headers = {"WWW-Authenticate": 'Bearer error="invalid_token"'}
            raise Problem(HTTPStatus.UNAUTHORIZED, str(error), headers=headers) from error
        except NotBound as error:
            raise forbidden(NOT_BOUND.format(said=error.said)) from error
        except Unreachable as error:
            raise Problem(
                HTTPStatus.SERVICE_UNAVAILABLE,
                "The issuer's keys cannot be read at the moment.",
                headers={"Retry-After": str(RETRY_AFTER)},
            ) from error
        return Response(resource.show_exchanged(exchanged), headers={"Cache-Control": "no-store"})


@extend_schema(exclude=True)
class TokenExchangeWithSlash(TokenExchange):
    """The same below the address with a slash at its end, as all others have one."""
