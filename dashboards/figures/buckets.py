"""What charts and reports read of an organisation's trend."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from fractions import Fraction
from typing import Protocol


class Bucket(Protocol):
    """What the chart reads of a trend's bucket: all systems' state at its end. Values are None without systems."""

    @property
    def at(self) -> datetime: ...
    @property
    def systems(self) -> int: ...
    @property
    def median(self) -> Fraction | None: ...
    @property
    def mean(self) -> Fraction | None: ...
    @property
    def q1(self) -> Fraction | None: ...
    @property
    def q3(self) -> Fraction | None: ...
    @property
    def verified_median(self) -> Fraction | None: ...
    @property
    def categories(self) -> Mapping[str, Fraction]: ...
    @property
    def limiting(self) -> Mapping[str, int]: ...
