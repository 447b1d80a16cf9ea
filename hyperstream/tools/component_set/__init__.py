"""Some items of each dict."""
