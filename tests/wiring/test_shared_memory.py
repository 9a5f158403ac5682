"""The directory that the processes of a server share: nobody else's, and gone with the last of them."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from mlscore_site import shared_memory

HOLDER = (
    "import sys, time; from pathlib import Path; from mlscore_site import shared_memory as own;"
    " own.PLACES = (Path(sys.argv[1]),); print(own.make_directory(), flush=True); time.sleep(60)"
)


def test_what_a_killed_server_left_is_removed_and_a_living_ones_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shared_memory, "PLACES", (tmp_path,))
    with subprocess.Popen([sys.executable, "-c", HOLDER, str(tmp_path)], stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        theirs = Path(server.stdout.readline().strip())
        ours = shared_memory.make_directory()
        assert stat.S_IMODE(ours.stat().st_mode) == 0o700
        assert {*tmp_path.iterdir()} == {theirs, ours}
        os.kill(server.pid, signal.SIGKILL)
        server.wait()
        assert {*tmp_path.iterdir()} == {theirs, ours}
        third = shared_memory.make_directory()
        assert {*tmp_path.iterdir()} == {ours, third}
