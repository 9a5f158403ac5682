"""A request of the API as plain data, so that it can be sent again, today or from a spool, and be the same."""

from __future__ import annotations

import base64
import json
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import quote, urlencode

from mlscore_client.results import Result

JSON_TYPE = "application/json"
LARGEST_BODY = 1024 * 1024
MOST_RESULTS = 1000


@dataclass(frozen=True)
class Request:
    """`stamped`: the client, not its caller, chose `observed_at`, so it may be left out when that makes the difference."""

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    content_type: str = JSON_TYPE
    stamped: bool = False
    label: str = ""

    @property
    def target(self) -> str:
        """Path and query, below the server's address."""
        return quote(self.path) + (f"?{urlencode(self.query)}" if self.query else "")

    def with_query(self, **parameters: str) -> Request:
        return replace(self, query={**self.query, **parameters})

    def as_json(self) -> dict[str, Any]:
        """For the spool; `of_json` reads it."""
        return {**vars(self), "query": dict(self.query), "body": base64.b64encode(self.body).decode("ascii")}

    @classmethod
    def of_json(cls, stored: Mapping[str, Any]) -> Request:
        """Raises KeyError, TypeError or ValueError for what `as_json` never wrote."""
        names = ("method", "path", "query", "content_type", "stamped", "label")
        return cls(body=base64.b64decode(stored["body"], validate=True), **{name: stored[name] for name in names})


def get(path: str, **query: str | None) -> Request:
    """A request that reads; parameters that are None are left out."""
    return Request("GET", f"/api/v1/{path}", {name: value for name, value in query.items() if value is not None})


def postings(results: Iterable[Result], *, stamped: bool) -> list[Request]:
    """The requests that post these results: as few as the limits of 1000 results and 1 MiB allow."""
    bodies: list[list[bytes]] = []
    size = 0
    for result in results:
        item = json.dumps(result.as_json(), allow_nan=False, separators=(",", ":")).encode()
        if not bodies or len(bodies[-1]) == MOST_RESULTS or size + len(item) + 1 > LARGEST_BODY - 64:
            bodies.append([])
            size = 0
        bodies[-1].append(item)
        size += len(item) + 1
    return [_posting(items, stamped) for items in bodies]


def _posting(items: list[bytes], stamped: bool) -> Request:
    body = b'{"results":[' + b",".join(items) + b"]}"
    label = "1 result" if len(items) == 1 else f"{len(items)} results"
    return Request("POST", "/api/v1/results/", body=body, stamped=stamped, label=label)


def multipart(files: Mapping[str, tuple[str, bytes]]) -> tuple[bytes, str]:
    """A multipart/form-data body of these files (by field: file name and content) and its content type."""
    # The boundary follows from the content, so that the same files make the same request.
    boundary = uuid.uuid5(uuid.NAMESPACE_OID, repr([(name, content) for name, content in files.values()])).hex
    parts = []
    for name, (filename, content) in files.items():
        safe = filename.replace("\\", "_").replace('"', "_").replace("\r", "_").replace("\n", "_")
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"; filename="{safe}"\r\n'
        parts.append(f"{head}Content-Type: application/octet-stream\r\n\r\n".encode() + content + b"\r\n")
    return b"".join(parts) + f"--{boundary}--\r\n".encode(), f"multipart/form-data; boundary={boundary}"
