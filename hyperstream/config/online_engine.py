"""The section `online_engine` of the configuration."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hyperstream.config.checks import DURATION, LIMIT, NUMBER, OBJECT, PAUSE, ROUNDS, Source
from hyperstream.time_interval import RelativeTimeInterval
from hyperstream.utils.containers import Printable

_DEFAULT_INTERVAL = {"start": -60, "end": -10}
_ENGINE = {
    "interval": OBJECT,
    "sleep": PAUSE,
    "iterations": ROUNDS,
    "alarm": LIMIT,
    "max_catch_up": LIMIT,
    "lease": DURATION,
}
_INTERVAL = {"start": NUMBER, "end": NUMBER}


class OnlineEngineConfig(Printable):
    """How the online engine runs.

    Parameters
    ----------
    interval : RelativeTimeInterval or mapping
        What is kept computed of each workflow, relative to now; as a mapping, `start` and `end`
        in seconds.
    sleep : float
        Seconds from the start of one iteration to the start of the next.
    iterations : int, optional
        The number of iterations; None means without end.
    alarm : float, optional
        Seconds that one request to a workflow may take until it is reported as late and told to
        stop; None means any time.
    max_catch_up : float, optional
        Seconds of data that one request may ask for: a longer gap is made up in several. None
        means any gap at once.
    lease : float
        Seconds after which the workflows of an engine that does not answer are another one's.

    Raises
    ------
    ValueError
        If the interval does not begin before it ends, or ends in the future.

    Examples
    --------
    >>> OnlineEngineConfig({"start": -60, "end": -10}).interval.start
    datetime.timedelta(days=-1, seconds=86340)
    """

    def __init__(
        self,
        interval: RelativeTimeInterval | Mapping[str, float],
        sleep: float = 5,
        iterations: int | None = 100,
        alarm: float | None = None,
        max_catch_up: float | None = 3600,
        lease: float = 30,
    ) -> None:
        if not isinstance(interval, RelativeTimeInterval):
            interval = RelativeTimeInterval(**interval)
        self.interval = interval
        self.sleep = sleep
        self.iterations = iterations
        self.alarm = alarm
        self.max_catch_up = max_catch_up
        self.lease = lease


def read_online_engine(values: dict[str, Any], source: Source) -> OnlineEngineConfig:
    """Return the settings of the online engine."""
    source.section("online_engine", values, _ENGINE)
    key = "online_engine.interval"
    interval = source.section(key, values.get("interval", _DEFAULT_INTERVAL), _INTERVAL)
    source.require(key, interval, *_INTERVAL)
    try:
        return OnlineEngineConfig(**{**values, "interval": interval})
    except (OverflowError, ValueError) as error:
        raise source.error(key, str(error)) from error
