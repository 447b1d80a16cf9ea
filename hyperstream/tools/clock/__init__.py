"""Regular ticks."""
