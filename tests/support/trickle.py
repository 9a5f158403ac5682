"""A server between a browser and another, from which pages arrive bit by bit, as over a slow line."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from threading import Thread
from urllib.request import Request, urlopen

PIECES = 30
PAUSE = 0.03
"""In how many pieces a page comes, and how many seconds lie between them: more than Chromium takes to draw one."""

PASSED_ON = ("Content-Type", "Content-Security-Policy", "Cache-Control")


def pieces(page: bytes) -> list[bytes]:
    """A page in pieces, cut within its main part before tags and within texts."""
    main = page.index(b"<main")
    places = [match.start() for match in re.finditer(rb"<|(?<=>)\w", page) if match.start() >= main]
    cuts = [0, *places[:: max(1, len(places) // PIECES)], len(page)]
    return [page[start:end] for start, end in pairwise(cuts)]


@contextmanager
def trickle(url: str) -> Iterator[str]:
    """The address at which all that GET finds at `url` is found as well; cookies of its host reach both."""

    class Relay(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: object) -> None:
            """Nobody reads it."""

        def do_GET(self) -> None:
            with urlopen(Request(url + self.path, headers={"Cookie": self.headers.get("Cookie", "")})) as answer:
                body, headers = answer.read(), answer.headers
            self.send_response(answer.status)
            for name in PASSED_ON:
                if name in headers:
                    self.send_header(name, headers[name])
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            for piece in pieces(body) if headers.get_content_type() == "text/html" else [body]:
                self.wfile.write(piece)
                time.sleep(PAUSE)

    server = ThreadingHTTPServer(("localhost", 0), Relay)
    server.daemon_threads = True
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://localhost:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
