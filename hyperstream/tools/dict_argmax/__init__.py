"""The key of the largest value of each dict."""
