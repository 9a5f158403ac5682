"""The client of MLScore: the command `mlscore`, a pytest plugin, and these names for use from Python.

from mlscore_client import Client, Result
Client.from_environment().post([Result(test="data-1", status="passed")])
"""

from __future__ import annotations

from mlscore_client.client import Client
from mlscore_client.errors import Misconfigured, MlscoreError, Refused, Unavailable
from mlscore_client.results import Result

__version__ = "0.1.0"
__all__ = ["Client", "Misconfigured", "MlscoreError", "Refused", "Result", "Unavailable"]
