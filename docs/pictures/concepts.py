"""The pictures of the concepts."""

from __future__ import annotations

from canvas import Picture

WIDTH = 720


def workflow() -> Picture:
    """Show what HyperStream is about: a small workflow."""
    p = Picture("workflow", WIDTH, 236, "A workflow: readings of cities, means of countries")
    p.box(20, 18, 508, 200, kind="n", corner=12)
    p.text(36, 40, "for each country", "small soft")
    p.box(36, 54, 316, 148, kind="n dash", corner=12)
    p.text(52, 76, "for each city", "small soft")
    p.arrow((107, 124), (148, 124))
    p.arrow((220, 124), (261, 124))
    p.arrow((299, 124), (372, 124))
    p.arrow((456, 124), (472, 124))
    p.arrow((510, 124), (556, 124))
    p.arrow((640, 124), (661, 124))
    p.node(88, 124, "readings", "g")
    p.box(150, 106, 70, 36, "apply", "o", "small")
    p.node(281, 124, "temperature")
    p.box(374, 106, 82, 36, "aggregate", "o", "small")
    p.node(492, 124, "")
    p.text(492, 159, "country", "small", "middle")
    p.box(558, 106, 82, 36, "aggregate", "o", "small")
    p.node(681, 124, "world")
    return p


def streams() -> Picture:
    """Show two streams with their instances, and the names of the parts."""
    p = Picture("streams", WIDTH, 250, "Two streams of temperatures on a line of time")
    p.text(24, 34, "channel", "small soft")
    p.text(80, 34, "mongo", "code")
    rows = ((92, 1, "19.5 19.7 20.1 20.0 19.8"), (178, 2, "16.2 16.4 16.9 17.3 17.2"))
    for y, house, values in rows:
        p.text(24, y - 4, "temperature", "code bold")
        p.text(24, y + 14, f"[house={house}]", "code")
        p.arrow((150, y), (696, y))
        for step, value in enumerate(values.split()):
            x = 190 + 105 * step + 20 * (house - 1) * (step % 2)
            p.dot(x, y)
            p.text(x, y - 14, value, "code", "middle")
    p.text(24, 228, "name and meta data", "small orange")
    p.line((80, 214), (80, 198), kind="l")
    p.line((400, 208), (400, 186), kind="l")
    p.text(400, 228, "an instance: a timestamp and a value", "small orange", "middle")
    p.text(696, 228, "time (UTC, ms)", "small soft", "end")
    return p


def intervals() -> Picture:
    """Show that neighbouring intervals share no instance."""
    p = Picture("intervals", WIDTH, 176, "Two intervals, open at the start and closed at the end")
    p.arrow((40, 128), (690, 128))
    for x, hour in ((110, 12), (350, 13), (590, 14)):
        p.line((x, 122), (x, 134))
        p.text(x, 154, f"{hour}:00", "code", "middle")
    for x, y, words in ((110, 52, "(12:00, 13:00]"), (350, 84, "(13:00, 14:00]")):
        p.line((x, y), (x + 240, y), kind="l")
        p.dot(x, y, "e", 5)
        p.dot(x + 240, y, "db", 6)
        p.text(x + 120, y - 12, words, "code", "middle")
    for x, kind in ((190, "do"), (270, "do"), (350, "do"), (430, "dg"), (510, "dg"), (590, "dg")):
        p.dot(x, 128, kind)
    return p


def calculated() -> Picture:
    """Show what a request computes."""
    p = Picture("calculated", WIDTH, 204, "A request computes only what is missing")
    rows = ((44, "calculated before"), (92, "requested"), (140, "computed now"))
    for y, words in rows:
        p.text(24, y + 5, words, "small")
    p.box(180, 32, 150, 24, kind="g")
    p.box(430, 32, 90, 24, kind="g")
    p.box(240, 80, 360, 24, kind="n")
    p.box(330, 128, 100, 24, kind="o")
    p.box(520, 128, 80, 24, kind="o")
    for x, top in ((330, 56), (430, 56), (520, 56), (600, 104)):
        p.line((x, top), (x, 128), kind="l dash")
    p.arrow((170, 176), (690, 176))
    p.text(690, 194, "time", "small soft", "end")
    return p


def tools() -> Picture:
    """Show the five kinds of tools by what goes in and out."""
    p = Picture("tools", WIDTH, 252, "The five kinds of tools, by the streams that go in and out")
    kinds = (
        ("Tool", (2, 1), ("streams", "one stream")),
        ("AggregateTool", (3, 1), ("a plate", "the plate above")),
        ("SelectorTool", (3, 2), ("a plate", "some of it")),
        ("MultiOutputTool", (1, 3), ("one stream", "a plate")),
        ("PlateCreationTool", (1, 0), ("one stream", "a new plate")),
    )
    for column, (name, (sources, sinks), words) in enumerate(kinds):
        x = 76 + 142 * column
        for count, y, kind, end in ((sources, 58, "g", 92), (sinks, 194, "b", 158)):
            for each in range(count):
                at = x + 34 * (each - (count - 1) / 2)
                p.dot(at, y, kind, 11)
                if kind == "g":
                    p.arrow((at, y + 12), (x + (at - x) * 0.5, end))
                else:
                    p.arrow((x + (at - x) * 0.5, end), (at, y - 13))
        if sinks == 0:
            p.box(x - 42, 182, 84, 24, kind="n dash", corner=8)
            p.arrow((x, 158), (x, 180))
        p.box(x - 66, 94, 132, 62, name, "o", "small bold")
        p.text(x, 34, words[0], "small soft", "middle")
        p.text(x, 232, words[1], "small soft", "middle")
    return p


def channels() -> Picture:
    """Show where the streams of the channels live."""
    p = Picture("channels", WIDTH, 234, "Where the streams of each channel are kept")
    places = (
        ("this process", "gone when it ends", (("memory", "any Python values"),)),
        (
            "MongoDB",
            "also the embedded one",
            (
                ("mongo", "results, readings"),
                ("assets", "what people enter"),
                ("plugins: MQTT", "messages"),
            ),
        ),
        (
            "folders",
            "read only",
            (
                ("tools", "one file a version"),
                ("plugin_tools", "tools of yours"),
                ("plugin_assets", "JSON files"),
            ),
        ),
    )
    for column, (where, what, there) in enumerate(places):
        x = 20 + 232 * column
        p.box(x, 18, 216, 198, kind="n", corner=10)
        p.text(x + 16, 42, where, "bold")
        p.text(x + 16, 60, what, "small soft")
        for row, (name, holds) in enumerate(there):
            y = 74 + 46 * row
            p.box(x + 12, y, 192, 38, kind="b")
            p.text(x + 22, y + 16, name, "code bold")
            p.text(x + 22, y + 31, holds, "small soft")
    return p


def plates() -> Picture:
    """Show a tree of meta data, and plates as views on it."""
    p = Picture("plates", WIDTH, 286, "A tree of meta data, and two plates that are views on it")
    p.box(20, 94, 680, 62, kind="g", corner=10)
    p.box(20, 178, 680, 62, kind="b", corner=10)
    p.text(34, 116, "plate", "small soft")
    p.text(34, 136, "house", "code bold")
    p.text(34, 200, "plate", "small soft")
    p.text(34, 220, "house.resident", "code bold")
    p.text(460, 42, "root", "code", "middle")
    tree = ((330, 1, (250, 410)), (590, 2, (590,)))
    for x, house, residents in tree:
        p.line((460, 50), (x, 108))
        p.box(x - 60, 110, 120, 30, f"house {house}", "n", "small")
        for number, at in enumerate(residents, 1):
            p.line((x, 140), (at, 194))
            p.box(at - 66, 194, 132, 30, f"resident {number}", "n", "small")
    p.text(
        370,
        268,
        "values of house.resident: (house 1, resident 1), (house 1, resident 2), "
        "(house 2, resident 1)",
        "small soft",
        "middle",
    )
    return p


def factor_graph() -> Picture:
    """Show one factor on plates, and the calls of tools that it stands for."""
    p = Picture(
        "factor_graph", WIDTH, 292, "A factor on a plate stands for one call for each value"
    )
    p.text(24, 34, "defined once", "bold")
    p.box(24, 48, 290, 112, kind="n", corner=12)
    p.text(38, 68, "house", "small soft")
    p.arrow((99, 100), (138, 100))
    p.arrow((210, 100), (238, 100))
    p.node(80, 100, "raw", "g")
    p.box(140, 82, 70, 36, "apply", "o", "small")
    p.node(259, 100, "clean")
    p.text(24, 196, "circle: a node, that is one stream", "small soft")
    p.text(24, 214, "for each value of its plates", "small soft")
    p.text(24, 240, "orange: a factor, that is a tool", "small soft")
    p.text(24, 258, "between nodes", "small soft")
    p.text(370, 34, "computed for each value", "bold")
    for row in range(3):
        y = 76 + 78 * row
        p.arrow((389, y), (474, y))
        p.arrow((546, y), (614, y))
        p.dot(378, y, "g", 10)
        p.dot(627, y, "b", 10)
        p.box(476, y - 17, 70, 34, "apply", "o", "small")
        p.text(378, y + 28, f"raw[house={row + 1}]", "code", "middle")
        p.text(627, y + 28, f"clean[house={row + 1}]", "code", "middle")
    return p


def late_data() -> Picture:
    """Show what a late instance makes void."""
    p = Picture("late_data", WIDTH, 236, "A late instance makes void what was computed without it")
    p.text(24, 64, "readings", "code bold")
    p.text(24, 130, "clean", "code bold")
    p.text(24, 146, "apply", "small soft")
    p.text(24, 190, "means", "code bold")
    p.text(24, 206, "windows of 3 h", "small soft")
    p.arrow((140, 60), (696, 60))
    for hour in (0, 1, 2, 4, 5, 6, 7):
        p.dot(180 + 60 * hour, 60)
    p.dot(360, 60, "do", 7)
    p.text(360, 34, "came late", "small orange", "middle")
    for y, gap in ((118, (340, 380)), (182, (340, 500))):
        p.box(150, y, gap[0] - 150, 22, kind="g")
        p.box(gap[0], y, gap[1] - gap[0], 22, kind="o dash")
        p.box(gap[1], y, 660 - gap[1], 22, kind="g")
    p.arrow((360, 70), (360, 114))
    p.arrow((360, 142), (360, 178))
    p.text(245, 224, "still calculated", "small green", "middle")
    p.text(420, 224, "forgotten, computed again", "small orange", "middle")
    return p


def engine() -> Picture:
    """Show the requests of the online engine."""
    p = Picture(
        "engine", WIDTH, 226, "Iterations of the online engine, each up to some seconds ago"
    )
    for row in range(3):
        y = 44 + 50 * row
        x = 60 * row
        p.text(24, y + 5, f"iteration {row + 1}", "small")
        if row:
            p.box(190 + x, y - 11, 180, 22, kind="g")
            p.box(370 + x, y - 11, 60, 22, kind="o")
        else:
            p.box(190, y - 11, 240, 22, kind="o")
        p.line((490 + x, y - 16), (490 + x, y + 16))
        p.text(498 + x, y + 5, "now", "small soft")
    p.arrow((130, 178), (696, 178))
    p.text(696, 198, "time", "small soft", "end")
    p.text(150, 208, "calculated", "small green")
    p.text(240, 208, "computed in this iteration", "small orange")
    return p


PICTURES = [
    workflow,
    streams,
    intervals,
    calculated,
    tools,
    channels,
    plates,
    factor_graph,
    late_data,
    engine,
]
