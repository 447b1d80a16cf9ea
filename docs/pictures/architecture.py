"""The pictures of the architecture."""

from __future__ import annotations

from canvas import Picture

WIDTH = 720
# Each layer, and the colour of its boxes.
LAYERS = (
    (("__main__",), "n"),
    (("cli",), "n"),
    (("testing", "contrib"), "n"),
    (("online_engine",), "n"),
    (("hyperstream: puts all together",), "o"),
    (("factories", "session"), "b"),
    (("workflow",), "b"),
    (("channel_manager", "config"), "b"),
    (("plugin_manager",), "b"),
    (("channels", "tool"), "b"),
    (("execution", "itertools2"), "b"),
    (("stream",), "g"),
    (("storage",), "g"),
    (("models", "client"), "g"),
    (("embedded",), "g"),
    (("utils",), "n"),
    (("time_interval",), "n"),
    (("_time", "_containers", "version"), "n"),
)
STEPS = (
    ("1 plan", "cut off what lies after now", "execution/computation.py"),
    ("2 claim", "what is missing, and nobody's", "execution/runner.py"),
    ("3 clear", "what a dead attempt has left", "execution/job.py"),
    ("4 compute", "read sources, yield results", "tool/"),
    ("5 write", "batches to the sink's channel", "execution/attempt.py"),
    ("6 mark", "turn the claim into a mark", "execution/runner.py"),
    ("7 record", "an entry of history", "session/recorder.py"),
)


def layers() -> Picture:
    """Show the layers; a module imports from below."""
    p = Picture("layers", WIDTH, 588, "The layers of the package, each of which uses those below")
    for row, (names, kind) in enumerate(LAYERS):
        width = (560 - 8 * (len(names) - 1)) / len(names)
        for column, name in enumerate(names):
            p.box(24 + column * (width + 8), 20 + 31 * row, width, 25, name, kind, "code")
    p.arrow((608, 24), (608, 568))
    for row, words in enumerate(("imports", "only from", "below")):
        p.text(622, 278 + 18 * row, words, "small soft")
    return p


def path() -> Picture:
    """Show one path of data, from a call to the database."""
    p = Picture("path", WIDTH, 418, "From execute to the database and back, in seven steps")
    p.text(24, 34, "tool.execute(sources, sink, interval)", "code bold")
    for row, (name, what, where) in enumerate(STEPS):
        y = 50 + 51 * row
        p.box(24, y, 344, 41, kind="o" if name.endswith("compute") else "b")
        p.text(38, y + 17, name, "bold")
        p.text(38, y + 34, what, "small soft")
        p.text(356, y + 17, where, "code soft", "end")
        if row:
            p.arrow((196, y - 10), (196, y - 1))
    p.box(456, 50, 240, 347, kind="n", corner=12)
    p.text(576, 76, "the database", "bold", "middle")
    p.box(470, 96, 212, 51, kind="g")
    p.text(576, 117, "stream_definitions", "code bold", "middle")
    p.text(576, 136, "claim: who, until when", "small soft", "middle")
    p.box(470, 157, 212, 133, kind="g")
    p.text(576, 214, "streams", "code bold", "middle")
    p.text(576, 234, "timestamp, value", "small soft", "middle")
    p.box(470, 300, 212, 41, kind="g")
    p.text(576, 317, "stream_definitions", "code bold", "middle")
    p.text(576, 334, "calculated intervals", "small soft", "middle")
    p.box(470, 350, 212, 37, kind="g")
    p.text(576, 366, "streams", "code bold", "middle")
    p.text(576, 381, "history", "small soft", "middle")
    for row in (1, 2, 4, 5, 6):
        p.arrow((370, 70 + 51 * row), (468, 70 + 51 * row))
    p.arrow((468, 223), (370, 223))
    p.text(418, 215, "sources", "small soft", "middle")
    return p


PICTURES = [layers, path]
