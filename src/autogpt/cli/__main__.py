"""`python -m autogpt.cli` is `autogpt`."""

import sys

from autogpt.cli import main

sys.exit(main())
