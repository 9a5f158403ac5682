"""The readers are plain Python: they can be used, and tested, without Django."""

from __future__ import annotations

import subprocess
import sys


def test_no_format_imports_django() -> None:
    code = "import sys, evidence.formats; sys.exit('django' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
