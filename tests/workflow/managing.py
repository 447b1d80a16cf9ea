"""Workflow managers, each as in a process of its own, and a plugin with tools for them."""

from __future__ import annotations

from hyperstream.channel_manager import ChannelManager
from hyperstream.channels import DatabaseChannel
from hyperstream.plugin_manager import Plugin
from hyperstream.testing.times import over
from hyperstream.workflow import MetaDataManager, PlateManager, WorkflowManager

TEN = over(0, 10)

_FILES = {
    "noted/2020-01-01_v1.0.0": """
class Noted(Tool):
    def _execute(self, sources, alignment_stream, interval):
        for timestamp, value in sources[0].window(interval, force_calculation=True):
            yield StreamInstance(timestamp, [value, sorted(self.fingerprint.items())])
""",
    "noted/2020-02-01_v2.0.0": """
class Noted(Tool):
    def _execute(self, sources, alignment_stream, interval):
        for timestamp, value in sources[0].window(interval, force_calculation=True):
            yield StreamInstance(timestamp, ["second", value])
""",
    # There is a tool of this name among those that come along.
    "copy/2020-01-01_v1.0.0": """
class Copy(Tool):
    def _execute(self, sources, alignment_stream, interval):
        for timestamp, value in sources[0].window(interval, force_calculation=True):
            yield StreamInstance(timestamp, ["copy", value])
""",
    "keyed/2020-01-01_v1.0.0": """
class Keyed(Tool):
    def __init__(self, *keys):
        super().__init__(keys=keys)
""",
    "picky/2020-01-01_v1.0.0": """
class Picky(Tool):
    def __init__(self, path):
        if "missing" in path:
            raise OSError(f"there is no file {path}")
        super().__init__(path=path)
""",
}
_HEAD = "from hyperstream.stream import StreamInstance\nfrom hyperstream.tool import Tool\n"


def made_plugin(folder):
    """Write the plugin `more` with a few tools."""
    for name, text in _FILES.items():
        path = folder / "tools" / f"{name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(_HEAD + text)
    return Plugin("more", [], str(folder), True, False)


def made_manager(catalogue, storage=None, plugins=()):
    """Make a workflow manager as another process would have it."""
    channels = ChannelManager(plugins)
    if storage is not None:
        channels.add_channel(DatabaseChannel("mongo", storage))
    return WorkflowManager(channels, PlateManager(MetaDataManager(catalogue), catalogue))


def ticking(manager, workflow_id="w", stride=2, **options):
    """Define a workflow: ticks, and text made from each."""
    workflow = manager.create(workflow_id, "Ticks", "me", "For tests", **options)
    define_ticks(workflow, stride)
    return workflow


def define_ticks(workflow, stride=2):
    """Add ticks, and text made from each, to a workflow."""
    memory = workflow.channel_manager.memory
    ticks, texts = (workflow.create_node(name, memory) for name in ("ticks", "texts"))
    clock = {"name": "clock", "parameters": {"stride": float(stride)}}
    workflow.create_factor(clock, None, ticks)
    workflow.create_factor({"name": "apply", "parameters": {"func": str}}, [ticks], texts)


def count(workflow, node_id="texts", interval=TEN):
    """Return how many instances a node without plates has."""
    return len(workflow.nodes[node_id].streams[None].window(interval).items())
