"""A real OpenID Connect issuer on a port of its own: discovery document, published keys, and tokens signed by them."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
Page = Callable[["Asked"], Any]
LIFETIME = 300


@dataclass(frozen=True)
class Asked:
    """One request, as pages get it; `form` is the body of a POST."""

    path: str
    query: dict[str, str]
    headers: dict[str, str]
    form: dict[str, str]


@dataclass(frozen=True)
class Redirect:
    """What a page answers to send the browser elsewhere."""

    location: str


def rsa_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def ec_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def published(key: PrivateKey, key_id: str) -> dict[str, Any]:
    """The public half as a JSON Web Key."""
    public = key.public_key()
    text = RSAAlgorithm.to_jwk(public) if isinstance(public, rsa.RSAPublicKey) else ECAlgorithm.to_jwk(public)
    return {**json.loads(text), "kid": key_id, "use": "sig"}


@dataclass
class Issuer:
    """`keys` are published under their names; `pages` answer further addresses; `asked` lists the paths of all requests."""

    url: str = ""
    keys: dict[str, PrivateKey] = field(default_factory=lambda: {"first": rsa_key()})
    pages: dict[str, Page] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    discovery: dict[str, Any] = field(default_factory=dict)

    def claims(self, audience: str, **claims: Any) -> dict[str, Any]:
        """What a token says; None leaves a claim out."""
        now = int(time.time())
        said = {"iss": self.url, "aud": audience, "sub": "job", "iat": now, "nbf": now, "exp": now + LIFETIME, **claims}
        return {name: value for name, value in said.items() if value is not None}

    def token(self, audience: str, *, key_id: str = "first", **claims: Any) -> str:
        """A token signed by one of the keys."""
        key = self.keys[key_id]
        algorithm = "RS256" if isinstance(key, rsa.RSAPrivateKey) else "ES256"
        return jwt.encode(self.claims(audience, **claims), key, algorithm, {"kid": key_id})

    def answer(self, asked: Asked) -> Any:
        self.asked.append(asked.path)
        if asked.path in self.pages:
            return self.pages[asked.path](asked)
        if asked.path == "/.well-known/openid-configuration":
            return {"issuer": self.url, "jwks_uri": f"{self.url}/keys", **self.discovery}
        if asked.path == "/keys":
            return {"keys": [published(key, key_id) for key_id, key in self.keys.items()]}
        return None


@contextmanager
def running_issuer() -> Iterator[Issuer]:
    """The issuer, until the end of the block."""
    issuer = Issuer()

    class Handler(BaseHTTPRequestHandler):
        def respond(self) -> None:
            parts = urlsplit(self.path)
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            asked = Asked(parts.path, _flat(parts.query), dict(self.headers), _flat(body))
            answer = issuer.answer(asked)
            if isinstance(answer, Redirect):
                self.send_response(302)
                self.send_header("Location", answer.location)
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            content = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
            self.send_response(404 if answer is None else 200)
            self.send_header("Content-Type", "text/html" if isinstance(answer, bytes) else "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = respond

        def log_message(self, *arguments: Any) -> None:
            """Nothing: a test looks at `asked`."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        issuer.url = f"http://127.0.0.1:{http.server_address[1]}"
        thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield issuer
        finally:
            http.shutdown()
            thread.join()


def _flat(query: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(query).items()}
