"""Base classes for printing and comparing objects, and dictionaries with rules."""

from __future__ import annotations

from hyperstream._containers import (
    FrozenKeyDict,
    Hashable,
    KeyDuplicationError,
    Printable,
    TypedBiDict,
    TypedFrozenKeyDict,
    ValueDuplicationError,
)

__all__ = [
    "FrozenKeyDict",
    "Hashable",
    "KeyDuplicationError",
    "Printable",
    "TypedBiDict",
    "TypedFrozenKeyDict",
    "ValueDuplicationError",
]
