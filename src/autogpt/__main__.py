"""`python -m autogpt` is `autogpt`."""

import sys

from autogpt.cli import main

sys.exit(main())
