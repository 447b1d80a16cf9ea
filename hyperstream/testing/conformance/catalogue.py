"""What a catalogue does with the definitions that it keeps."""

from __future__ import annotations

from datetime import timedelta

import pytest

from hyperstream._time import use_clock
from hyperstream.models import (
    EngineStatusModel,
    FactorDefinitionModel,
    MetaDataModel,
    NodeDefinitionModel,
    OutputPlateDefinitionModel,
    PlateDefinitionModel,
    TimeIntervalModel,
    ToolModel,
    ToolParameterModel,
    WorkflowDefinitionModel,
    WorkflowStatusModel,
)
from hyperstream.storage.catalogue import Catalogue
from hyperstream.testing.times import START, over
from hyperstream.time_interval import TimeIntervals
from hyperstream.utils.errors import (
    HyperStreamError,
    PlateAlreadyExistsError,
    WorkflowAlreadyExistsError,
)

HOUSE = ("house", "1", "root")
OTHER_HOUSE = ("house", "2", "root")
RESIDENT = ("resident", "1", "house_1")
PARAMETERS = {
    "window": [-3600.0, 0],
    "names": {"a": None, "b": True},
    "code": b"\x00\xff",
    "start": START,
}


def meta_data(*items: tuple[str, str, str]) -> list[MetaDataModel]:
    """Return models of (tag, data, parent)."""
    return [MetaDataModel(tag=tag, data=data, parent=parent) for tag, data, parent in items]


def plate(plate_id: str = "H.R", description: str = "Some residents") -> PlateDefinitionModel:
    """Return a plate with all that a plate may have."""
    return PlateDefinitionModel(
        plate_id=plate_id,
        meta_data_id="resident",
        description=description,
        values=["2", "1"],
        complement=True,
        parent_plate="H",
    )


def workflow(workflow_id: str = "means", name: str = "Hourly means") -> WorkflowDefinitionModel:
    """Return a workflow with all that a workflow may have."""
    parameters = [ToolParameterModel(key=key, value=value) for key, value in PARAMETERS.items()]
    tool = ToolModel(name="some_tool", version="1.0.0", parameters=parameters)
    created = OutputPlateDefinitionModel(
        plate_id="D", meta_data_id="device", use_provided_values=True, parent_plate="H"
    )
    return WorkflowDefinitionModel(
        workflow_id=workflow_id,
        name=name,
        description="What it is for",
        owner="ann",
        online=True,
        monitor=True,
        nodes=[
            NodeDefinitionModel(stream_name="raw", plate_ids=["T", "R"], channel_id="mongo"),
            NodeDefinitionModel(stream_name="means", channel_id="memory"),
        ],
        factors=[
            FactorDefinitionModel(
                factor_type="Factor",
                tool=tool,
                sources=["raw"],
                sinks=["means"],
                alignment_node="raw",
                splitting_node="raw",
                output_plate=created,
            ),
        ],
    )


class CatalogueConformance:
    """What every catalogue passes.

    A subclass overrides `make_catalogue`, or the fixture ``catalogue`` where
    making one takes other fixtures.
    """

    def make_catalogue(self) -> Catalogue:
        """Return a new catalogue, with nothing in it."""
        raise NotImplementedError

    @pytest.fixture
    def catalogue(self) -> Catalogue:
        """A new catalogue."""
        return self.make_catalogue()

    def test_nothing_is_there_at_first(self, catalogue: Catalogue) -> None:
        """A new catalogue has nothing, and knows no workflow."""
        assert (catalogue.meta_data(), catalogue.plates(), catalogue.workflow_ids()) == ([], [], [])
        assert catalogue.workflow("means") is None
        assert catalogue.status("means") is None
        assert catalogue.workflows_on("H") == []

    def test_meta_data_come_back(self, catalogue: Catalogue) -> None:
        """Meta data that were added are there, whatever they are given as."""
        catalogue.add_meta_data(meta_data(RESIDENT, HOUSE))
        catalogue.add_meta_data(each for each in meta_data(OTHER_HOUSE))
        catalogue.add_meta_data([])
        assert _listed(catalogue) == [HOUSE, OTHER_HOUSE, RESIDENT]

    def test_meta_data_are_there_once(self, catalogue: Catalogue) -> None:
        """Adding meta data again does nothing; new ones beside them are added."""
        catalogue.add_meta_data(meta_data(HOUSE))
        catalogue.add_meta_data(meta_data(HOUSE, OTHER_HOUSE))
        catalogue.add_meta_data(meta_data(OTHER_HOUSE))
        assert _listed(catalogue) == [HOUSE, OTHER_HOUSE]

    def test_meta_data_are_removed(self, catalogue: Catalogue) -> None:
        """Only those named are removed; those that are not there are no error."""
        same_data_elsewhere = ("resident", "1", "house_2")
        many = [("house", str(number), "root") for number in range(3, 300)]
        catalogue.add_meta_data(meta_data(HOUSE, OTHER_HOUSE, RESIDENT, same_data_elsewhere, *many))
        catalogue.remove_meta_data(meta_data(HOUSE, RESIDENT, ("house", "x", "root"), *many))
        catalogue.remove_meta_data(each for each in meta_data(HOUSE))
        assert _listed(catalogue) == [OTHER_HOUSE, same_data_elsewhere]

    @pytest.mark.parametrize("data", ["", "x" * 513, None, 1])
    def test_meta_data_that_are_not_valid_are_refused(
        self, catalogue: Catalogue, data: object
    ) -> None:
        """Data that are no text of 1 to 512 characters are an error, and nothing is added."""
        with pytest.raises(HyperStreamError, match="data: "):
            catalogue.add_meta_data(meta_data(HOUSE, ("house", data, "root")))  # type: ignore[arg-type]
        assert _listed(catalogue) == []

    def test_plates_come_back(self, catalogue: Catalogue) -> None:
        """Plates come back as they were, in order of their ids."""
        simple = PlateDefinitionModel(plate_id="H", meta_data_id="house", complement=True)
        catalogue.add_plate(plate())
        catalogue.add_plate(simple)
        found = catalogue.plates()
        assert [each.plate_id for each in found] == ["H", "H.R"]
        assert _fields(found[0]) == _fields(simple)
        assert _fields(found[1]) == _fields(plate())

    def test_a_plate_is_added_once(self, catalogue: Catalogue) -> None:
        """Adding a plate of an id that is taken is an error, and leaves the first one."""
        catalogue.add_plate(plate())
        for second in (plate(), plate(description="Others")):
            with pytest.raises(PlateAlreadyExistsError, match=r"'H\.R'"):
                catalogue.add_plate(second)
        assert [each.description for each in catalogue.plates()] == ["Some residents"]

    def test_a_plate_is_replaced(self, catalogue: Catalogue) -> None:
        """Replacing puts a plate in the place of another, or where none was."""
        catalogue.replace_plate(plate())
        catalogue.replace_plate(plate(description="Others"))
        assert [each.description for each in catalogue.plates()] == ["Others"]

    def test_a_plate_is_extended(self, catalogue: Catalogue) -> None:
        """Values are added at the end, each once; a plate that is not there stays so."""
        catalogue.add_plate(plate())
        catalogue.add_plate(plate("other"))
        catalogue.extend_plate("H.R", ["1", "7", "3", "7"])
        catalogue.extend_plate("H.R", iter(["2", "4"]))
        catalogue.extend_plate("gone", ["1"])
        assert [each.values for each in catalogue.plates()] == [list("21734"), ["2", "1"]]

    def test_a_plate_is_removed(self, catalogue: Catalogue) -> None:
        """Only the plate named is removed; one that is not there is no error."""
        catalogue.add_plate(plate())
        catalogue.add_plate(plate("other"))
        catalogue.remove_plate("H.R")
        catalogue.remove_plate("H.R")
        assert [each.plate_id for each in catalogue.plates()] == ["other"]
        catalogue.add_plate(plate())

    def test_a_plate_that_is_not_valid_is_refused(self, catalogue: Catalogue) -> None:
        """A plate with an empty or too long text is an error, and is neither added nor replaced."""
        catalogue.add_plate(plate())
        for wrong in (plate(description=""), plate(description="x" * 513)):
            for store in (catalogue.add_plate, catalogue.replace_plate):
                with pytest.raises(HyperStreamError, match="description: "):
                    store(wrong)
        assert [each.description for each in catalogue.plates()] == ["Some residents"]

    def test_a_workflow_comes_back(self, catalogue: Catalogue) -> None:
        """A workflow comes back as it was, down to the parameters of its tools."""
        catalogue.add_workflow(workflow())
        found = catalogue.workflow("means")
        assert found is not None
        assert _fields(found) == _fields(workflow())
        parameters = found.factors[0].tool.parameters
        assert {each.key: each.value for each in parameters} == PARAMETERS
        assert found.factors[0].tool.parameters[3].value.utcoffset() == timedelta(0)

    def test_workflows_are_listed_in_order(self, catalogue: Catalogue) -> None:
        """The ids of workflows are sorted."""
        for workflow_id in ("b", "c", "a"):
            catalogue.add_workflow(workflow(workflow_id))
        assert catalogue.workflow_ids() == ["a", "b", "c"]

    def test_all_workflows_come_back_at_once(self, catalogue: Catalogue) -> None:
        """By their ids, in order."""
        assert catalogue.workflows() == {}
        for workflow_id in ("b", "a"):
            catalogue.add_workflow(workflow(workflow_id))
        found = catalogue.workflows()
        assert list(found) == ["a", "b"]
        assert isinstance(found["b"], WorkflowDefinitionModel)
        assert _fields(found["b"]) == _fields(workflow("b"))

    def test_a_workflow_is_added_once(self, catalogue: Catalogue) -> None:
        """Adding a workflow of an id that is taken is an error, and leaves the first one."""
        catalogue.add_workflow(workflow())
        for second in (workflow(), workflow(name="Others")):
            with pytest.raises(WorkflowAlreadyExistsError, match="'means'"):
                catalogue.add_workflow(second)
        assert _name(catalogue) == "Hourly means"

    def test_a_workflow_is_replaced(self, catalogue: Catalogue) -> None:
        """Replacing puts a workflow in the place of another, or where none was."""
        catalogue.add_workflow(workflow("other"))
        for name in ("One", "Two"):
            catalogue.replace_workflow(workflow(name=name))
            assert _name(catalogue) == name
        assert catalogue.workflow_ids() == ["means", "other"]

    def test_a_workflow_is_removed(self, catalogue: Catalogue) -> None:
        """A workflow goes with what was requested of it; one that is not there is no error."""
        for workflow_id in ("means", "other"):
            catalogue.add_workflow(workflow(workflow_id))
            catalogue.save_requested(workflow_id, TimeIntervals([over(0, 1)]))
        catalogue.remove_workflow("means")
        catalogue.remove_workflow("means")
        assert catalogue.workflow("means") is None
        assert catalogue.status("means") is None
        assert catalogue.workflow_ids() == ["other"]
        assert catalogue.status("other") is not None

    def test_a_workflow_that_is_not_valid_is_refused(self, catalogue: Catalogue) -> None:
        """A workflow with a wrong text is an error, and is neither added nor replaced."""
        catalogue.add_workflow(workflow())
        for store in (catalogue.add_workflow, catalogue.replace_workflow):
            with pytest.raises(HyperStreamError, match="name: "):
                store(workflow(name="x" * 513))
        assert _name(catalogue) == "Hourly means"

    def test_it_is_known_which_workflows_need_a_plate(self, catalogue: Catalogue) -> None:
        """Needed are the plates of nodes, and those that created plates are below."""
        empty = WorkflowDefinitionModel(workflow_id="empty", name="Empty")
        for each in (workflow("b"), workflow("a"), empty):
            catalogue.add_workflow(each)
        assert [catalogue.workflows_on(plate_id) for plate_id in "TRH"] == [["a", "b"]] * 3
        assert [catalogue.workflows_on(plate_id) for plate_id in "DX"] == [[], []]

    def test_requested_intervals_come_back(self, catalogue: Catalogue) -> None:
        """What is requested replaces what was, with the time, also without a workflow."""
        wanted = TimeIntervals([over(0, 10), over(20, 30.5)])
        with use_clock(START):
            catalogue.save_requested("means", TimeIntervals())
            catalogue.save_requested("means", wanted)
        found = catalogue.status("means")
        assert found is not None
        assert TimeIntervals(each.to_interval() for each in found.requested_intervals) == wanted
        assert found.last_updated == START
        assert catalogue.status("other") is None

    def test_a_status_is_changed(self, catalogue: Catalogue) -> None:
        """A change is made to what there is, or to a new status, and comes back."""
        wanted = TimeIntervals([over(0, 10)])
        catalogue.save_requested("means", wanted)
        for workflow_id in ("means", "other"):
            changed = catalogue.change_status(workflow_id, lambda status: _note(status, "me"))
            found = catalogue.status(workflow_id)
            assert found is not None
            assert _fields(found) == _fields(changed)
            assert found.engine.owner == "me"
            assert found.engine.interval.to_interval() == over(0, 1)
            assert found.engine.expires == START
        assert [each.workflow_id for each in catalogue.statuses()] == ["means", "other"]
        assert catalogue.statuses()[0].requested_intervals[0].to_interval() == over(0, 10)

    def test_a_status_may_stay_as_it_is(self, catalogue: Catalogue) -> None:
        """Where the change is not to be stored, nothing is; what was seen is returned."""
        catalogue.change_status("means", lambda status: _note(status, "me"))
        for workflow_id in ("means", "other"):
            seen = catalogue.change_status(
                workflow_id, lambda status: _note(status, "you") and False
            )
            assert seen.engine.owner == "you"
        found = catalogue.status("means")
        assert found is not None
        assert found.engine.owner == "me"
        assert catalogue.status("other") is None

    def test_what_is_taken_away_from_a_status_is_gone(self, catalogue: Catalogue) -> None:
        """A field that a change sets to None is not there afterwards."""
        catalogue.change_status("means", lambda status: _note(status, "me"))

        def leave(status: WorkflowStatusModel) -> bool:
            status.engine.owner = None
            return True

        catalogue.change_status("means", leave)
        found = catalogue.status("means")
        assert found is not None
        assert found.engine.owner is None
        assert found.engine.interval is not None

    def test_requests_leave_the_engine_alone(self, catalogue: Catalogue) -> None:
        """Setting what is requested changes nothing of what the engine has noted."""
        catalogue.change_status("means", lambda status: _note(status, "me"))
        catalogue.save_requested("means", TimeIntervals([over(0, 10)]))
        found = catalogue.status("means")
        assert found is not None
        assert found.engine.owner == "me"
        assert len(found.requested_intervals) == 1

    def test_a_status_that_is_not_valid_is_refused(self, catalogue: Catalogue) -> None:
        """A change that leaves a wrong text is an error, and nothing is stored."""
        with pytest.raises(HyperStreamError, match="owner"):
            catalogue.change_status("means", lambda status: _note(status, "x" * 513))
        assert catalogue.status("means") is None

    def test_models_are_copies(self, catalogue: Catalogue) -> None:
        """Changing what was given, or what is returned, changes nothing in the catalogue."""
        given, graph = plate(), workflow()
        catalogue.add_plate(given)
        catalogue.add_workflow(graph)
        for each in (given, *catalogue.plates()):
            each.values.append("9")
        found = catalogue.workflow("means")
        assert found is not None
        for one in (graph, found):
            one.nodes[0].plate_ids.append("Z")
        assert [each.values for each in catalogue.plates()] == [["2", "1"]]
        assert catalogue.workflows_on("Z") == []


def _note(status: WorkflowStatusModel, owner: str) -> bool:
    interval = TimeIntervalModel.of(over(0, 1))
    status.engine = EngineStatusModel(owner=owner, expires=START, interval=interval)
    return True


def _listed(catalogue: Catalogue) -> list[tuple[str, str, str]]:
    return sorted((each.tag, each.data, each.parent) for each in catalogue.meta_data())


def _fields(
    model: PlateDefinitionModel | WorkflowDefinitionModel | WorkflowStatusModel,
) -> dict[str, object]:
    fields: dict[str, object] = model.to_mongo().to_dict()
    fields.pop("_id", None)
    return fields


def _name(catalogue: Catalogue) -> object:
    found = catalogue.workflow("means")
    return None if found is None else found.name
