"""Windows of streams as lines over time; it needs the package matplotlib."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

from hyperstream._time import UTC
from hyperstream.stream.plot_lines import Line, lines_of
from hyperstream.utils.errors import MissingExtraError

try:
    import matplotlib as mpl
    import matplotlib.pyplot as plt
    from matplotlib import cbook, dates
    from matplotlib.lines import Line2D
except ImportError as error:
    raise MissingExtraError(package="matplotlib", extra="notebook") from error

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from hyperstream.storage.base import MetaData
    from hyperstream.stream.stream_view import StreamView

# More lines than there are colours that follow each other take theirs from a scale, in order.
_COLOURS = 10
_SCALE = "viridis"
_LIGHTEST = 0.92  # of the scale: what is lighter is not seen on white
# A legend of more lines stands beside the axes, and one of very many shows some of them.
_INSIDE = 6
_LEGEND = 20
_SOME = 10
# Among more points it takes long to find the best place for a legend.
_MANY_POINTS = 20_000
_LONG = timedelta(days=365 * 1000)
_EMPTY = "hyperstream: no data"


def plot_view(view: StreamView, ax: Axes | None, style: Mapping[str, Any]) -> Axes:
    """Draw a window; see `StreamView.plot`."""
    name = str(view.stream.stream_id)
    lines = lines_of(view)
    if None in lines:
        return _draw([(style.get("label", name), lines[None])], [view], "", "", ax, style)
    before = f"{style['label']}: " if "label" in style else ""
    named = [(f"{before}{key}", line) for key, line in lines.items()]
    return _draw(named, [view], name, "", ax, style)


def plot_views(
    views: Mapping[MetaData | None, StreamView],
    name: str,
    ax: Axes | None,
    style: Mapping[str, Any],
) -> Axes:
    """Draw the windows of a node; see `Node.plot`.

    Parameters
    ----------
    views : dict
        The windows by plate value, or one by None.
    name : str
        What the streams are called.
    ax : matplotlib.axes.Axes or None
        Where to draw; the current axes otherwise.
    style : dict
        For ``Axes.plot``.
    """
    named = []
    for value, view in views.items():
        label = ", ".join(data for _, data in value or ()) or str(style.get("label", name))
        for key, line in lines_of(view).items():
            named.append((label if key is None else f"{label}: {key}", line))
    tags = ", ".join(tag for tag, _ in next(iter(views), None) or ())
    return _draw(named, views.values(), name, tags, ax, style)


def _draw(
    lines: Sequence[tuple[str, Line]],
    views: Collection[StreamView],
    name: str,
    title: str,
    ax: Axes | None,
    style: Mapping[str, Any],
) -> Axes:
    axes = _current() if ax is None else ax
    style = cbook.normalize_kwargs(dict(style), Line2D)  # which may say "c" for "color"
    if not axes.lines:
        axes.set_ylabel(axes.get_ylabel() or name)
        if lines and all(line.kind == "truth" for _, line in lines):
            axes.set_yticks([0, 1], ["False", "True"])
    for (label, line), colour in zip(lines, _colours(len(lines)), strict=True):
        _draw_line(axes, line, {**colour, **style, "label": label})
    _time_axis(axes)
    _legend(axes, title)
    _say_if_empty(axes, views)
    return axes


def _current() -> Axes:
    """Return the current axes; new ones keep everything inside of their figure."""
    if not plt.get_fignums():
        plt.figure(layout="constrained")
    return plt.gca()


def _colours(count: int) -> Iterator[dict[str, Any]]:
    if count <= _COLOURS:
        return ({} for _ in range(count))
    scale = mpl.colormaps[_SCALE]
    return ({"color": scale(place), "linewidth": 1.0} for place in np.linspace(0, _LIGHTEST, count))


def _draw_line(axes: Axes, line: Line, style: dict[str, Any]) -> None:
    values = _texts(axes, line.values) if isinstance(line.values, list) else line.values
    if line.kind != "number":
        style.setdefault("drawstyle", "steps-post")
    times: Any = np.insert(line.times, line.breaks, line.times[line.breaks - 1])
    values = np.insert(values, line.breaks, np.nan)
    # A value between two gaps is a line without length, so that it needs a mark.
    there = np.isfinite(values)
    alone = there & ~np.append(False, there[:-1]) & ~np.append(there[1:], False)
    if alone.any() and "marker" not in style:
        style |= {"marker": ".", "markevery": np.flatnonzero(alone).tolist()}
    axes.plot(times.astype("datetime64[ms]"), values, **style)


def _texts(axes: Axes, texts: Sequence[str | None]) -> Any:
    """Return where on the axis of values texts stand; the axis is told of new ones."""
    known = [text for text in texts if text is not None]
    axis: Any = axes.yaxis
    axis.update_units(known)
    places = iter(axis.convert_units(known))
    return np.array([np.nan if text is None else next(places) for text in texts], np.float64)


def _time_axis(axes: Axes) -> None:
    locator = dates.AutoDateLocator(tz=UTC, minticks=3, maxticks=7)  # type: ignore[no-untyped-call]
    axes.xaxis.set_major_locator(locator)
    formatter = dates.ConciseDateFormatter(locator, tz=UTC)  # type: ignore[no-untyped-call]
    axes.xaxis.set_major_formatter(formatter)
    axes.set_xlabel("time (UTC)")


def _legend(axes: Axes, title: str) -> None:
    """Show what each line is; of very many some, evenly, for their colours are a scale."""
    handles = axes.get_legend_handles_labels()[0]
    if len(handles) > _LEGEND:
        places = np.unique(np.linspace(0, len(handles) - 1, _SOME).round().astype(int))
        title = f"{title}\n({len(places)} of {len(handles)})".lstrip()
        handles = [handles[place] for place in places]
    points = sum(map(_length, axes.lines))
    where: dict[str, Any] = {"loc": "best" if points <= _MANY_POINTS else "upper left"}
    if len(handles) > _INSIDE:
        where = {"loc": "upper left", "bbox_to_anchor": (1.01, 1.0), "borderaxespad": 0}
    if handles:
        axes.legend(handles=handles, title=title or None, fontsize="small", **where)


def _say_if_empty(axes: Axes, views: Collection[StreamView]) -> None:
    """Say so where nothing is drawn, over the time that was asked for."""
    for text in [text for text in axes.texts if text.get_gid() == _EMPTY]:
        text.remove()
    if any(map(_length, axes.lines)):
        return
    spans = {view.time_interval for view in views}
    for span in spans:
        if span.end - span.start < _LONG:
            ends = dates.date2num(list(span))  # type: ignore[no-untyped-call]
            axes.update_datalim([(end, 0) for end in ends], updatey=False)
            axes.autoscale_view(scaley=False)
    what = f"no data in {spans.pop().humanized}" if len(spans) == 1 else "no data"
    place: dict[str, Any] = {"ha": "center", "va": "center", "transform": axes.transAxes}
    axes.text(0.5, 0.5, what, gid=_EMPTY, **place)


def _length(line: Line2D) -> int:
    return int(np.size(line.get_xdata()))
