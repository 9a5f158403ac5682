"""The client, a process of its own: reads one task as JSON from standard input, answers JSON on standard output.

It speaks HTTP over plain sockets, since it shares the machine with the server that it measures.
"""

from __future__ import annotations

import gzip
import http.client
import json
import socket
import sys
import threading
import time
from dataclasses import dataclass, field
from typing import Any

from bench import rows

NUMBER = b"@number@"
LONGEST_WAIT = 60.0


@dataclass
class Load:
    """Postings over several connections that stay open, each waiting for its answer, until time or count runs out.

    `bodies` take turns; the NUMBER in a body becomes one that no other request of the task bears.
    """

    port: int
    path: str
    headers: dict[str, str]
    bodies: list[bytes]
    connections: int
    seconds: float
    most: int
    number: int = 0
    times: list[float] = field(default_factory=list)
    failure: str = ""
    lock: threading.Lock = field(default_factory=threading.Lock)

    def run(self) -> dict[str, Any]:
        """Post; answers how many requests were answered, in how many seconds, and how long each took, in ms."""
        sockets = [socket.create_connection(("127.0.0.1", self.port), LONGEST_WAIT) for _ in range(self.connections)]
        threads = [threading.Thread(target=self._post, args=(each,)) for each in sockets]
        start = time.perf_counter()
        self.deadline = start + self.seconds
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        elapsed = time.perf_counter() - start
        if self.failure:
            raise SystemExit(self.failure)
        return {"requests": len(self.times), "seconds": elapsed, "ms": [1000 * each for each in sorted(self.times)]}

    def _post(self, connection: socket.socket) -> None:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        head = f"POST {self.path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n".encode()
        head += b"".join(f"{name}: {value}\r\n".encode() for name, value in self.headers.items())
        with connection:
            while time.perf_counter() < self.deadline and not self.failure:
                with self.lock:
                    self.number += 1
                    number = self.number
                if number > self.most:
                    return
                body = self.bodies[number % len(self.bodies)].replace(NUMBER, b"%d" % number)
                start = time.perf_counter()
                connection.sendall(head + b"Content-Length: %d\r\n\r\n" % len(body) + body)
                answer = read_answer(connection)
                self.times.append(time.perf_counter() - start)
                if not answer.startswith(b"HTTP/1.1 201"):
                    self.failure = answer[:2000].decode(errors="replace")


def read_answer(connection: socket.socket) -> bytes:
    """One answer, which must announce its length."""
    answer = connection.recv(65536)
    while b"\r\n\r\n" not in answer:
        answer += more(connection)
    head, _, body = answer.partition(b"\r\n\r\n")
    _, _, length = head.lower().partition(b"content-length:")
    left = int(length.split(b"\r\n")[0]) - len(body)
    while left > 0:
        part = more(connection)
        answer, left = answer + part, left - len(part)
    return answer


def more(connection: socket.socket) -> bytes:
    """The next part of an answer; ConnectionError when the server hangs up in the middle of it."""
    part = connection.recv(65536)
    if not part:
        raise ConnectionError("The server hung up.")
    return part


def read_pages(port: int, path: str, cookie: str, warm_up: int, times: int) -> dict[str, Any]:
    """Get a page again and again over one connection; answers its sizes and how long each answer took, in ms."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=LONGEST_WAIT)
    taken = []
    body = b""
    for _ in range(warm_up + times):
        start = time.perf_counter()
        connection.request("GET", path, headers={"Cookie": cookie})
        answer = connection.getresponse()
        body = answer.read()
        taken.append(1000 * (time.perf_counter() - start))
        if answer.status != 200:
            raise SystemExit(f"{path}: {answer.status}\n{body[:2000].decode(errors='replace')}")
    connection.close()
    return {"raw": len(body), "compressed": len(gzip.compress(body, 6)), "ms": sorted(taken[warm_up:])}


def main() -> None:
    task = json.load(sys.stdin)
    kind = task.pop("kind")
    if kind == "pages":
        answer = read_pages(**task)
    elif kind == "rows":
        answer = rows.run(**task)
    else:
        answer = Load(**{**task, "bodies": [body.encode() for body in task["bodies"]]}).run()
    json.dump(answer, sys.stdout)


if __name__ == "__main__":
    main()
