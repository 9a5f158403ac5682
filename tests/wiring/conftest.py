"""Which of these tests are of one database alone."""

from tests.support.environment import DATABASE

collect_ignore = [] if DATABASE == "postgresql" else ["test_postgresql.py"]
