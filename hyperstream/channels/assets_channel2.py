"""Another name of :mod:`hyperstream.channels.assets_file_channel`."""

from __future__ import annotations

from hyperstream.channels.assets_file_channel import AssetsFileChannel

__all__ = ["AssetsFileChannel"]
