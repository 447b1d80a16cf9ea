"""Draw the pictures of the documentation: ``python docs/pictures/draw.py``."""

from __future__ import annotations

import architecture
import concepts

PICTURES = [*concepts.PICTURES, *architecture.PICTURES]

if __name__ == "__main__":
    for draw in PICTURES:
        draw().save()
