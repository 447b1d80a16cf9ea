"""One item of each dict."""
