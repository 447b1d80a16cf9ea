"""Windows at equal distances."""
