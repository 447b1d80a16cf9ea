"""The same instances in another stream."""
