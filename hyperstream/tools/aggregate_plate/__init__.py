"""All streams of a plate as one."""
