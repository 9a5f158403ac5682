"""A Chromium for the browser tests: one that is installed, or one that apt-get installs."""

import os
import shutil
import subprocess
import sys

PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
MISSING = (
    "No Chromium: the browser tests need one. Install the package `chromium` (or Google Chrome), "
    "or name the program in the variable CHROMIUM."
)


def find() -> str | None:
    """The path of the browser that CHROMIUM names, or of the first one on the PATH."""
    named = os.environ.get("CHROMIUM")
    return shutil.which(named) if named else next(filter(None, map(shutil.which, PROGRAMS)), None)


def require() -> str:
    """The browser's path; FileNotFoundError, saying what to do, when there is none."""
    found = find()
    if not found:
        raise FileNotFoundError(MISSING)
    return found


def install() -> None:
    """Make sure that there is one: by apt-get, when we are root and have it. Exits with a sentence otherwise."""
    if find():
        return
    if os.geteuid() == 0 and shutil.which("apt-get"):
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        subprocess.run(["apt-get", "update", "-q"], check=True, env=environment)
        command = ["apt-get", "install", "-q", "-y", "--no-install-recommends", "chromium", "fonts-dejavu-core"]
        subprocess.run(command, check=True, env=environment)
    if not find():
        sys.exit(MISSING)
