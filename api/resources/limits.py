"""How long and how many the parts of a posted result may be (contract, section 3)."""

from __future__ import annotations

MOST_RESULTS = 1000
MOST_METRICS = 50
LONGEST_SLUG = 60
LONGEST_TEST = 60
LONGEST_RUN_ID = 200
LONGEST_CHECK = 300
LONGEST_MESSAGE = 2000
LONGEST_PROVENANCE = 200
LONGEST_METRIC = 200
