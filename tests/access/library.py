"""django-allauth's part of the access table. `ASK` is a page that needs a sign-in, and only redirects there without one."""

from __future__ import annotations

from tests.access.rows import Library
from tests.access.world import World

PUBLIC, ASK, GONE, MOVED, SHOWN = (200, 200), (302, 302), (404, 404), (301, 301), (200, 405)


def of_nothing(world: World) -> dict[str, object]:
    """Keys that belong to nobody."""
    return {"key": "x", "uidb36": "1", "pk": 1, "provider_id": "oidc"}


def row(route: str, anonymous: tuple[int, int], viewer: tuple[int, int]) -> Library:
    return Library("accounts/" + route, anonymous, viewer, of_nothing)


LIBRARY = [
    row("login/", PUBLIC, ASK),
    row("logout/", ASK, (200, 302)),
    row("inactive/", SHOWN, SHOWN),
    row("signup/", PUBLIC, ASK),
    row("reauthenticate/", ASK, (403, 403)),
    row("email/", ASK, (200, 302)),
    row("confirm-email/", SHOWN, SHOWN),
    row(r"^confirm-email/(?P<key>[-:\w]+)/$", (200, 404), (200, 404)),
    row("password/change/", ASK, ASK),
    row("password/set/", ASK, PUBLIC),
    row("password/reset/", PUBLIC, PUBLIC),
    row("password/reset/done/", SHOWN, SHOWN),
    row("password/reset/key/done/", SHOWN, SHOWN),
    row(r"^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$", PUBLIC, PUBLIC),
    row("login/code/confirm/", ASK, ASK),
    row("sessions/", ASK, (200, 302)),
    row("2fa/", ASK, SHOWN),
    row("2fa/authenticate/", ASK, ASK),
    row("2fa/reauthenticate/", ASK, (403, 403)),
    row("2fa/totp/activate/", ASK, PUBLIC),
    row("2fa/totp/deactivate/", ASK, GONE),
    row("2fa/recovery-codes/", ASK, (404, 405)),
    row("2fa/recovery-codes/generate/", ASK, PUBLIC),
    row("2fa/recovery-codes/download/", ASK, GONE),
    row("2fa/webauthn/", ASK, SHOWN),
    row("2fa/webauthn/add/", ASK, PUBLIC),
    row("2fa/webauthn/login/", ASK, ASK),
    row("2fa/webauthn/reauthenticate/", ASK, (403, 403)),
    row("2fa/webauthn/keys/<int:pk>/remove/", ASK, GONE),
    row("2fa/webauthn/keys/<int:pk>/edit/", ASK, GONE),
    row("3rdparty/", ASK, PUBLIC),
    row("3rdparty/signup/", ASK, ASK),
    row("3rdparty/login/cancelled/", SHOWN, SHOWN),
    row("3rdparty/login/error/", (401, 405), (401, 405)),
    row("social/login/cancelled/", MOVED, MOVED),
    row("social/login/error/", MOVED, MOVED),
    row("social/signup/", MOVED, MOVED),
    row("social/connections/", MOVED, MOVED),
    row("oidc/^(?P<provider_id>[^/]+)/login/", GONE, GONE),
    row("oidc/^(?P<provider_id>[^/]+)/login/callback/", GONE, GONE),
]
