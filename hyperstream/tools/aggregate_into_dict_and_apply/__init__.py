"""What all streams of a plate hold at a time, as a dict."""
