"""An address as a QR code, drawn as one path: nothing but our own markup reaches the page."""

from __future__ import annotations

from dataclasses import dataclass

from qrcode.constants import ERROR_CORRECT_M
from qrcode.main import QRCode

QUIET_ZONE = 4


@dataclass(frozen=True, slots=True)
class Drawing:
    """The side of the square in modules, quiet zone included, and the path of the dark ones."""

    side: int
    path: str


def qr_code(text: str) -> Drawing:
    """The QR code of `text`."""
    code = QRCode(error_correction=ERROR_CORRECT_M, border=QUIET_ZONE)
    code.add_data(text)
    rows = code.get_matrix()
    path = "".join(f"M{x} {y}h1v1h-1z" for y, row in enumerate(rows) for x, dark in enumerate(row) if dark)
    return Drawing(len(rows), path)
