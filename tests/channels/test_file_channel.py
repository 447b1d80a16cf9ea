"""Channels whose documents are files with a date in their name."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from hyperstream._time import MIN_DATE, UTC, use_clock
from hyperstream.channels import FileChannel, FileDateTimeVersion
from hyperstream.stream import Stream, StreamId, StreamInstance, StreamInstanceCollection
from hyperstream.time_interval import TimeInterval, TimeIntervals
from hyperstream.utils.errors import ConfigurationError, StreamDataNotAvailableError
from tests.channels.files import write

NOW = datetime(2020, 1, 1, tzinfo=UTC)
UP_TO_NOW = TimeInterval(MIN_DATE, NOW)

# The name, what stands between its parts, the time, the version, and the extension.
NAMES = [
    ("2016-10-26_v0.1.0.py", "_", "2016-10-26T00:00:00", "0.1.0", ".py"),
    ("2016-07-13T1058Z_v0.0.2.py", "_", "2016-07-13T10:58:00", "0.0.2", ".py"),
    ("2016-07-13T105801Z_v0.0.2.py", "_", "2016-07-13T10:58:01", "0.0.2", ".py"),
    ("2016-07-13T10:58:01.25_x.csv", "_", "2016-07-13T10:58:01.250000", None, ".csv"),
    ("2016-07-13T1058+0200_v1.2.3-rc.1.py", "_", "2016-07-13T08:58:00", "1.2.3-rc.1", ".py"),
    ("2016_10_26_13_45_01_250_houses.json", "_", "2016-10-26T13:45:01.250000", None, ".json"),
    ("2016_10_26_13_45_01_250_v2.0.0.py", "_", "2016-10-26T13:45:01.250000", "2.0.0", ".py"),
    ("2016_10_26_13_45_01_250.json", "_", "2016-10-26T13:45:01.250000", None, ".json"),
    ("2016-10-26_v0.1.0", "_", "2016-10-26T00:00:00", "0.1.0", ""),
    ("2016-10-26", "_", "2016-10-26T00:00:00", None, ""),
    ("2016-10-26_values.json", "_", "2016-10-26T00:00:00", None, ".json"),
    ("2016-10-26-v0.1.0.py", "-", "2016-10-26T00:00:00", "0.1.0", ".py"),
    ("2016-10-26-13-45-01-250-houses.json", "-", "2016-10-26T13:45:01.250000", None, ".json"),
]

# The name, and the error.
BAD_NAMES = [
    (
        "notes.txt",
        (
            "The file name 'notes.txt' does not begin with a date: name the file like "
            "2016-10-26_v0.1.0.py or 2016-07-13T1058Z_v0.0.2.py."
        ),
    ),
    ("20161026_v0.1.0.py", "The file name '20161026_v0.1.0.py' does not begin with a date"),
    ("2016-10-26v0.1.0.py", "The file name '2016-10-26v0.1.0.py' does not begin with a date"),
    (
        "2016-13-26_v0.1.0.py",
        "The date in the file name '2016-13-26_v0.1.0.py' is wrong: month must be in 1..12.",
    ),
    ("2016-02-30_v0.1.0.py", "is wrong: day is out of range for month."),
    ("2016-07-13T2558Z_v0.0.2.py", "is wrong: hour must be in 0..23."),
    ("2016_10_32_13_45_01_250_a.json", "is wrong: day is out of range for month."),
    (
        "2016-10-26_v0.1.py",
        "The version 'v0.1' in the file name '2016-10-26_v0.1.py' is not of the form v1.0.2.",
    ),
    ("2016-10-26_v0.1.0_a.py", "The version 'v0.1.0_a' in the file name"),
]


class TextChannel(FileChannel):
    """Holds the texts of its files, and remembers which ones it read."""

    def __init__(self, *args) -> None:
        self.read = []
        super().__init__(*args)

    def data_loader(self, short_path, file_info):
        """Read the text of a file."""
        self.read.append(file_info.long_filename)
        return Path(self.path, short_path, file_info.long_filename).read_text()


@pytest.fixture(autouse=True)
def clock():
    """Let time stand still."""
    with use_clock(NOW):
        yield


@pytest.fixture
def folder(tmp_path):
    """Give a folder with two streams."""
    write(tmp_path / "a" / "2018-01-01_v0.9.0.txt", "one")
    write(tmp_path / "a" / "2018-01-02_v0.10.0.txt", "two")
    write(tmp_path / "b" / "deep" / "2018_01_01_00_00_00_000_x.txt", "three")
    return tmp_path


@pytest.mark.parametrize(("name", "split_char", "time", "version", "extension"), NAMES)
def test_a_name_says_the_time_and_the_version(name, split_char, time, version, extension):
    """Every form of a time is understood; the version may be missing."""
    file = FileDateTimeVersion(name, split_char)
    assert file.timestamp == datetime.fromisoformat(time).replace(tzinfo=UTC)
    assert file.timestamp.tzinfo is UTC
    assert (file.version and str(file.version)) == version
    assert (file.long_filename, file.extension) == (name, extension)
    assert file.filename_no_extension + extension == name
    assert file.is_python is (extension == ".py")


@pytest.mark.parametrize(("name", "message"), BAD_NAMES)
def test_a_bad_name_is_an_error(name, message):
    """A wrong date or version is an error that names the file."""
    with pytest.raises(ValueError, match="file name") as caught:
        FileDateTimeVersion(name)
    assert message in str(caught.value)


def test_every_folder_with_documents_is_a_stream(folder):
    """Streams are the sub-folders at any depth, without hidden ones; other files are not read."""
    write(folder / "b" / "readme.txt")
    write(folder / "c" / "notes.txt")
    write(folder / "2018-01-01_not_in_a_sub_folder.txt")
    for hidden in ("__pycache__", ".cache"):
        write(folder / "a" / hidden / "2018-01-01_v0.9.0.txt")
    channel = TextChannel("texts", folder, NOW)
    assert sorted(stream_id.name for stream_id in channel.streams) == ["a", "b/deep"]
    assert channel["a"].window().values() == ["one", "two"]
    assert channel[StreamId("b/deep")].window().values() == ["three"]


def test_the_name_of_a_folder_is_unicode_text(folder):
    """One of other bytes cannot be that of a stream; it does not matter where there are none."""
    odd = folder / "a\udc80"
    write(odd / "notes.txt")
    assert len(TextChannel("texts", folder, NOW).streams) == 2
    write(odd / "2018-01-01.txt")
    with pytest.raises(
        StreamDataNotAvailableError, match=r"'texts'.*a\\udc80: .*Unicode"
    ) as caught:
        TextChannel("texts", folder, NOW)
    assert str(caught.value).isprintable()


def test_instances_are_in_order_of_time_and_version(tmp_path):
    """Files of one time lie a millisecond apart, in order of version."""
    times = ("2018-01-02_v0.1.0", "2018-01-01_v0.10.0", "2018-01-01_v0.9.0", "2018-01-01")
    for name in times:
        write(tmp_path / "a" / f"{name}.txt", name)
    write(tmp_path / "a" / "2018_01_01_00_00_00_001_x.txt", "a millisecond later")
    found = TextChannel("texts", tmp_path, NOW)["a"].window().items()
    day, step = datetime(2018, 1, 1, tzinfo=UTC), timedelta(milliseconds=1)
    assert found == [
        StreamInstance(day, "2018-01-01"),
        StreamInstance(day + step, "2018-01-01_v0.9.0"),
        StreamInstance(day + 2 * step, "2018-01-01_v0.10.0"),
        StreamInstance(day + 3 * step, "a millisecond later"),
        StreamInstance(day + timedelta(days=1), "2018-01-02_v0.1.0"),
    ]


def test_a_file_is_loaded_when_it_is_first_read(folder):
    """Nothing is loaded before, only what is asked for, and once."""
    channel = TextChannel("texts", folder, NOW)
    view = channel["a"].window()
    assert channel.read == []
    assert view.last() == (datetime(2018, 1, 2, tzinfo=UTC), "two")
    assert channel.read == ["2018-01-02_v0.10.0.txt"]
    assert view.first().value == "one"
    assert view.items() == list(channel.get_results(channel["a"], UP_TO_NOW))
    assert channel.read == ["2018-01-02_v0.10.0.txt", "2018-01-01_v0.9.0.txt"]


def test_a_channel_is_calculated_up_to_its_time(folder):
    """Files of a later time appear when the channel is brought up to date."""
    channel = TextChannel("texts", folder, datetime(2018, 1, 1, 12, tzinfo=UTC))
    first = channel["a"]
    assert first.calculated_intervals == TimeIntervals(
        [TimeInterval(MIN_DATE, datetime(2018, 1, 1, 12, tzinfo=UTC))]
    )
    assert first.window().values() == ["one"]
    write(folder / "new" / "2018-01-05.txt", "four")
    write(folder / "new" / "2021-01-01.txt", "in the future")
    channel.update_state(NOW)
    assert channel["a"] is first
    assert first.window().values() == ["one", "two"]
    assert channel["new"].window().values() == ["four"]


def test_a_channel_is_empty_until_it_is_brought_up_to_date(folder):
    """Without a time, nothing is read at first."""
    channel = TextChannel("texts", str(folder))
    assert len(channel.streams) == 0
    channel.update_state(datetime(2018, 1, 1, 12))
    assert len(channel["a"].window().items()) == 1


def test_a_window_beyond_what_is_known_looks_at_the_folder_again(folder):
    """Such a window brings the channel up to date as far as needed; it warns of nothing."""
    channel = TextChannel("texts", folder, datetime(2018, 1, 1, 12, tzinfo=UTC))
    stream = channel["a"]
    until = datetime(2019, 1, 1, tzinfo=UTC)
    assert stream.window((MIN_DATE, until)).values() == ["one", "two"]
    assert channel.up_to_timestamp == until


def test_a_window_ends_now(folder):
    """A window over all time gives what is there now, without a warning."""
    stream = TextChannel("texts", folder, NOW)["a"]
    view = stream.window(TimeInterval.all_time())
    assert (view.time_interval, view.values()) == (UP_TO_NOW, ["one", "two"])
    with use_clock(NOW + timedelta(days=1)):
        assert stream.window(TimeInterval.all_time(), force_calculation=True).last().value == "two"


def test_a_file_of_the_future_waits(folder):
    """A file is an instance only when its time has come."""
    write(folder / "a" / "2020-01-02.txt", "tomorrow")
    stream = TextChannel("texts", folder, NOW)["a"]
    assert stream.window(TimeInterval.all_time()).last().value == "two"
    with use_clock(NOW + timedelta(days=2)):
        assert stream.window(TimeInterval.all_time()).last().value == "tomorrow"


def test_walking_goes_down_as_far_as_asked(folder):
    """The level says how many levels of sub-folders are visited."""

    def visited(**level):
        return [Path(path).name for path, _, _ in FileChannel.walk(folder, **level)][1:]

    assert visited() == ["a", "b"]
    assert visited(level=0) == []
    assert visited(level=2) == visited(level=None) == ["a", "b", "deep"]


def test_a_folder_must_be_there(tmp_path):
    """A missing folder is an error that names channel and folder."""
    path = tmp_path / "none"
    with pytest.raises(ConfigurationError) as caught:
        TextChannel("texts", path)
    assert str(caught.value) == (
        f"Channel 'texts' has no folder {path}: create it, or name another."
    )


def test_a_wrong_date_names_folder_and_file(folder):
    """A document whose date is wrong stops the update; after correction it goes on."""
    wrong = write(folder / "b" / "2018-13-01_x.txt")
    channel = TextChannel("texts", folder)
    with pytest.raises(StreamDataNotAvailableError) as caught:
        channel.update_state(NOW)
    assert str(caught.value) == (
        f"Channel 'texts' cannot use folder {folder / 'b'}: The date in the file name "
        "'2018-13-01_x.txt' is wrong: month must be in 1..12."
    )
    assert channel.up_to_timestamp == MIN_DATE
    wrong.unlink()
    channel.update_state(NOW)
    assert len(channel.streams) == 2


def test_a_channel_without_a_loader_says_so(folder):
    """What a deriving class must write is in the error."""
    stream = FileChannel("files", folder, NOW)["a"]
    with pytest.raises(
        NotImplementedError, match=r"cannot read a/2018-01-02_v0\.10\.0\.txt.*data_"
    ):
        stream.window().last()


def test_a_channel_of_files_cannot_be_written_to(folder):
    """Streams cannot be created, written or purged."""
    channel = TextChannel("texts", folder, NOW)
    for attempt in (
        lambda: channel.create_stream("x"),
        lambda: channel["a"].writer((NOW, 1)),
        lambda: channel.purge_stream("a"),
    ):
        with pytest.raises(NotImplementedError, match=r"'texts' \(TextChannel\) cannot"):
            attempt()


def test_a_derived_channel_picks_its_files(folder):
    """What `file_filter` yields are the instances, also with names of another kind."""

    class Dashed(TextChannel):
        def file_filter(self, sorted_file_names):
            for name in sorted_file_names:
                if name.endswith(".dat"):
                    yield FileDateTimeVersion(name, split_char="-")

    write(folder / "a" / "2018-01-01-v1.0.0.dat", "dashed")
    assert Dashed("dashed", folder, NOW)["a"].window().values() == ["dashed"]


def test_a_derived_channel_reads_in_its_own_way(folder):
    """What `get_results` gives is what every way of reading gives."""

    class Shouting(TextChannel):
        def get_results(self, stream, time_interval):
            found = super().get_results(stream, time_interval)
            return [StreamInstance(time, text.upper()) for time, text in found]

    view = Shouting("shouting", folder, NOW)["a"].window()
    assert view.values() == ["ONE", "TWO"]
    assert (view.first().value, view.last().value) == ("ONE", "TWO")


def test_a_derived_channel_finds_its_streams_in_its_own_way(tmp_path):
    """A channel may fill its streams and data itself."""

    class Own(FileChannel):
        def update_streams(self, up_to_timestamp):
            stream_id = StreamId("own")
            self.streams[stream_id] = Stream(self, stream_id, None, None)
            self.data[stream_id] = StreamInstanceCollection()
            self.data[stream_id][datetime(2018, 1, 1)] = 5

    assert Own("own", tmp_path, NOW)["own"].window().values() == [5]
