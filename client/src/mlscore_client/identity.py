"""Who a pipeline is without a stored secret: the token that its CI signs, exchanged for one of the server's.

GitHub Actions hands one out at ACTIONS_ID_TOKEN_REQUEST_URL to jobs with the permission `id-token: write`; GitLab puts it
into the variable that `id_tokens` names; whatever has one elsewhere puts it into MLSCORE_ID_TOKEN too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

from mlscore_client.errors import Misconfigured

GITHUB_URL = "ACTIONS_ID_TOKEN_REQUEST_URL"
GITHUB_TOKEN = "ACTIONS_ID_TOKEN_REQUEST_TOKEN"  # noqa: S105


@dataclass(frozen=True)
class Identity:
    """Where the CI's token comes from: `token` itself, or else `url`, which answers it to those who show `secret`.

    `organisation` is the slug of the one in which the pipeline is bound; None where the server has but one.
    """

    token: str | None = None
    url: str = ""
    secret: str = ""
    organisation: str | None = None


def identity_of(environ: Mapping[str, str], address: str) -> Identity | None:
    """What the environment offers, for the server at `address`; None when it offers nothing. Raises Misconfigured.

    MLSCORE_AUDIENCE names the server where it knows itself by another address than `address`.
    """
    organisation = environ.get("MLSCORE_ORGANISATION") or None
    token = environ.get("MLSCORE_ID_TOKEN", "").strip()
    if token:
        return Identity(token=token, organisation=organisation)
    url, secret = environ.get(GITHUB_URL, ""), environ.get(GITHUB_TOKEN, "")
    if not url or not secret:
        return None
    if urlsplit(url).scheme not in ("http", "https"):
        raise Misconfigured(f"{GITHUB_URL} is no web address")
    audience = urlencode({"audience": environ.get("MLSCORE_AUDIENCE") or address})
    return Identity(url=f"{url}{'&' if '?' in url else '?'}{audience}", secret=secret, organisation=organisation)


def advice(environ: Mapping[str, str]) -> str:
    """What a job of this CI lacks for publishing without a stored secret."""
    if environ.get("GITHUB_ACTIONS") == "true":
        return ", or give the job `permissions: id-token: write` where its repository may publish keyless"
    if environ.get("GITLAB_CI"):
        return ", or give the job `id_tokens: MLSCORE_ID_TOKEN:` where its project may publish keyless"
    return ""
