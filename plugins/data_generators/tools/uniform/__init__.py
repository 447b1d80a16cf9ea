"""Random numbers, all equally likely."""
