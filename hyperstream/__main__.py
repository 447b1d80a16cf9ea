"""``python -m hyperstream``."""

from __future__ import annotations

import sys

from hyperstream.cli import main

if __name__ == "__main__":
    sys.exit(main())
