"""A client of the API as contract.md describes it: JSON in, JSON out, and what problem details must look like."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import Any

from django.test import Client

BASE = "/api/v1"


class Api:
    """Calls the API with one token, or without."""

    def __init__(self, secret: str | None) -> None:
        self.client = Client()
        self.headers = {"Authorization": f"Bearer {secret}"} if secret else {}

    def request(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """Send a value as JSON, or bytes as they are."""
        data = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        kind = headers.pop("content_type", "application/json")
        return self.client.generic(method, BASE + path, data, kind, headers={**self.headers, **headers})

    def get(self, path: str, **headers: str) -> Any:
        return self.request("GET", path, **headers)

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        return self.request("POST", path, body, **headers)

    def put(self, path: str, body: Any = None, **headers: str) -> Any:
        return self.request("PUT", path, body, **headers)

    def patch(self, path: str, body: Any = None, **headers: str) -> Any:
        return self.request("PATCH", path, body, **headers)


def ok(response: Any, status: int = 200) -> Any:
    """The body of a success."""
    assert response.status_code == status, response.content
    assert response["Content-Type"] == "application/json"
    return json.loads(response.content)


def problem(response: Any, status: int) -> dict[str, Any]:
    """The body of an error, checked against RFC 9457."""
    assert response.status_code == status, response.content
    assert response["Content-Type"] == "application/problem+json"
    body: dict[str, Any] = json.loads(response.content)
    assert body["status"] == status
    assert body["title"] == HTTPStatus(status).phrase
    assert body["type"]
    assert body["detail"]
    return body


def faults(response: Any, status: int = 400) -> set[str]:
    """The pointers, or `?` and the names of parameters, that an error puts at fault."""
    errors = problem(response, status).get("errors", [])
    assert all(error["detail"] for error in errors)
    return {f"?{error['parameter']}" if "parameter" in error else error["pointer"] for error in errors}
