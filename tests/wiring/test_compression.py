"""Pages travel compressed to whoever takes that."""

from __future__ import annotations

import gzip

import pytest
from django.test import Client

pytestmark = pytest.mark.django_db


def test_a_page_is_compressed_for_a_browser_and_plain_for_others(client: Client) -> None:
    compressed = client.get("/accounts/login/", headers={"Accept-Encoding": "gzip, br"}, follow=True)
    assert compressed["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in compressed["Vary"]
    assert b"</html>" in gzip.decompress(compressed.content)
    plain = client.get("/accounts/login/", follow=True)
    assert "Content-Encoding" not in plain
    assert b"</html>" in plain.content
