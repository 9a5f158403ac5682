"""A small HTTP server that answers as a test wrote it down, and remembers what it was asked."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

ZERO = {"score": 0, "claimed": 0, "verified": 0, "band": "research", "limiting": ["data"], "categories": {"data": 0}}
AFTER = {**ZERO, "score": 0.5, "verified": 0.5, "band": None, "categories": {"data": 0.5}}
CHANGED = [{"test": "data-1", "from": "none", "to": "manual"}]
STORED = {
    "accepted": 1,
    "duplicates": 0,
    "systems": [{"system": "fraud-scorer", "before": ZERO, "after": AFTER, "changed": CHANGED}],
}


@dataclass(frozen=True)
class Answer:
    """`lost`: the request is taken in, and the connection closes without an answer."""

    status: int = 201
    body: Any = field(default_factory=lambda: STORED)
    headers: dict[str, str] = field(default_factory=dict)
    lost: bool = False


@dataclass(frozen=True)
class Asked:
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def results(self) -> list[dict[str, Any]]:
        return list(self.json["results"])


@dataclass
class Server:
    """`script` is used up answer by answer; then `pages` (by path) and at last `STORED` answer."""

    url: str = ""
    script: list[Answer] = field(default_factory=list)
    pages: dict[str, Answer] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def answer(self, asked: Asked) -> Answer:
        with self.lock:
            self.asked.append(asked)
            return self.script.pop(0) if self.script else self.pages.get(asked.path, Answer())

    @property
    def posted(self) -> list[dict[str, Any]]:
        """All results of all postings, in order of arrival."""
        return [item for asked in self.asked if asked.path == "/api/v1/results/" for item in asked.results]


def problem(status: int, detail: str, **faults: str) -> Answer:
    """A problem details answer; `faults` by the name of the field of the first result."""
    errors = [{"pointer": f"/results/0/{name}", "detail": what} for name, what in faults.items()]
    return Answer(status, {"type": "about:blank", "title": "Bad", "status": status, "detail": detail, "errors": errors})


@contextmanager
def running() -> Iterator[Server]:
    """The server on a free port, until the end of the block."""
    server = Server()

    class Handler(BaseHTTPRequestHandler):
        def respond(self) -> None:
            parts = urlsplit(self.path)
            query = {name: values[0] for name, values in parse_qs(parts.query).items()}
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            answer = server.answer(Asked(self.command, parts.path, query, dict(self.headers), body))
            if answer.lost:
                self.close_connection = True
                return
            content = answer.body if isinstance(answer.body, bytes) else json.dumps(answer.body).encode()
            self.send_response(answer.status)
            for name, value in {"Content-Length": str(len(content)), **answer.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = respond

        def log_message(self, *arguments: Any) -> None:
            """Nothing: the test looks at `asked`."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        server.url = f"http://127.0.0.1:{http.server_address[1]}"
        thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            http.shutdown()
            thread.join()
