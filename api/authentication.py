"""Who calls: the token in the Authorization header, and whether its scopes and its system allow the call."""

from __future__ import annotations

from django.utils import timezone
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from accounts.models import Scope, Token
from accounts.tokens import authenticate, recall
from api.problems import forbidden


class BearerAuthentication(BaseAuthentication):
    """`Authorization: Bearer TOKEN`; nothing else signs a client in, cookies neither."""

    brief = False

    def authenticate(self, request: Request) -> tuple[None, Token]:
        """The token of the request. Raises AuthenticationFailed (401) without a valid one."""
        token = authenticate(_secret(request), timezone.now(), brief=self.brief)
        if token is None:
            raise AuthenticationFailed("This token is unknown, expired or revoked.")
        return None, token

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="mlscore"'


def _secret(request: Request) -> str:
    """What the header shows. Raises AuthenticationFailed (401) where it shows nothing."""
    scheme, _, secret = request._request.META.get("HTTP_AUTHORIZATION", "").strip().partition(" ")
    if scheme.lower() != "bearer" or not secret.strip():
        raise AuthenticationFailed("Send a token: Authorization: Bearer TOKEN.")
    return str(secret.strip())


class BriefBearerAuthentication(BearerAuthentication):
    """The same for views that need no more of the token's organisation and system than `authenticate` loads of brief ones."""

    brief = True


class RecallingBearerAuthentication(BriefBearerAuthentication):
    """The same for views that go by a token only on the condition that `accounts.tokens.recall` names."""

    def authenticate(self, request: Request) -> tuple[None, Token]:
        token = recall(_secret(request), timezone.now())
        return super().authenticate(request) if token is None else (None, token)


class BearerScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """How the OpenAPI document names the token."""

    target_class = BearerAuthentication
    match_subclasses = True
    name = "token"

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:
        return {
            "type": "http",
            "scheme": "bearer",
            "description": "A token of the organisation, made on its page of tokens.",
        }


def require_scope(token: Token, scope: Scope) -> None:
    """Raises Problem (403) when the token lacks the scope."""
    if not token.has_scope(scope):
        raise forbidden(f"This token lacks the scope {scope.value}.")


def require_unbound(token: Token) -> None:
    """Raises Problem (403) for a token that is bound to one system, where the organisation as a whole is concerned."""
    if token.system_id is not None:
        raise forbidden("This token is bound to one system; this concerns the organisation as a whole.")
