"""`python -m mlscore_client`, where the command is not on the PATH."""

import sys

from mlscore_client.cli import main

sys.exit(main())
