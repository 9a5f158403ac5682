"""Connections to addresses that somebody typed: where they end, and how the operator's proxy is asked."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from accounts import outgoing
from keyless import fetching

PUBLIC = "93.184.216.34"
ASKING: dict[str, Callable[[], Any]] = {
    "a webhook": lambda: outgoing.ask("POST", "http://rebind.example:8443/", outgoing.Way(), headers={}, body=b"{}"),
    "an issuer": lambda: fetching.read_document("https://rebind.example:8443/keys"),
}


@pytest.mark.parametrize("case", ASKING)
def test_a_name_leads_where_it_was_checked_to_lead(case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that answers a public address first and a private one next is asked once, and the first is connected to."""
    answers, connected = iter([PUBLIC, "127.0.0.1"]), []

    def getaddrinfo(host: str, port: int, **_: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (next(answers), port))]

    def create_connection(address: tuple[str, int], **_: Any) -> socket.socket:
        connected.append(address)
        raise ConnectionRefusedError("nobody")

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    monkeypatch.setattr(socket, "create_connection", create_connection)
    with pytest.raises((outgoing.Unreachable, fetching.Unreachable)):
        ASKING[case]()
    assert connected == [(PUBLIC, 8443)]


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (b"HTTP/1.1 407 Who are you\r\nContent-Length: 0\r\n\r\n", "The proxy answers 407."),
        (b"HTTP/1.1 200 Connected\r\n\r\nno handshake", "TLS"),
    ],
)
def test_the_operators_proxy_is_asked_for_the_host(answer: bytes, told: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The proxy looks up the name itself; what it gives is spoken to by TLS, with the host's certificate."""
    asked: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as proxy:

        def answering() -> None:
            taken, _ = proxy.accept()
            with taken:
                asked.append(taken.recv(1000))
                taken.sendall(answer)

        thread = threading.Thread(target=answering)
        thread.start()
        monkeypatch.setenv("https_proxy", f"http://me:s%40cret@127.0.0.1:{proxy.getsockname()[1]}")
        monkeypatch.setenv("no_proxy", "elsewhere.example")
        with pytest.raises(fetching.Unreachable, match=told):
            fetching.read_document("https://issuer.example/keys")
        thread.join()
    first, *headers = asked[0].decode().split("\r\n")
    assert first == "CONNECT issuer.example:443 HTTP/1.1"
    assert "Proxy-Authorization: Basic bWU6c0BjcmV0" in headers


def test_a_handshake_without_end_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """A host that sends nothing but one byte now and then, from the handshake on."""
    monkeypatch.setattr(outgoing, "WHOLE_SECONDS", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as host:

        def dripping() -> None:
            taken, _ = host.accept()
            with taken:
                # The beginning of a handshake record of 16 KiB, which never comes to its end.
                for each in b"\x16\x03\x03\x40\x00" + bytes(100):
                    try:
                        taken.sendall(bytes([each]))
                    except OSError:
                        return
                    time.sleep(0.02)

        thread = threading.Thread(target=dripping)
        thread.start()
        began = time.monotonic()
        address = f"https://127.0.0.1:{host.getsockname()[1]}/"
        with pytest.raises(outgoing.Unreachable):
            outgoing.ask("GET", address, outgoing.Way(allow_private=True), headers={})
        assert time.monotonic() - began < 1.5
        thread.join()
