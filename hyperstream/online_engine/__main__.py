"""``python -m hyperstream.online_engine``."""

from __future__ import annotations

import sys

from hyperstream.online_engine.command import main

if __name__ == "__main__":
    sys.exit(main())
