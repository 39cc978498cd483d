"""Graphs of the UNet, with a recorder that replays plain Python on the inputs that stay in place."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import torch

from deployments.engine.equipment import equip
from deployments.engine.graphed import GraphedUnet, Run
from deployments.engine.load import SdxlModel, load_model
from tests.unet_call import Inputs, make_inputs, predict


@dataclass
class Recorder:
    """Captures by remembering the call. Counts its captures, and their replays."""

    num_captures: int = 0
    num_rows: list[int] = field(default_factory=list)  # that each replay ran

    def __call__(self, run: Run) -> Run:
        self.num_captures += 1
        run()

        def replay() -> torch.Tensor:
            output = run()
            self.num_rows.append(len(output))
            return output

        return replay


@pytest.fixture(scope="module")
def model(models_dir: Path) -> SdxlModel:
    model = load_model(models_dir / "starter")
    equip(model, max_lora_rank=4)
    return model


@pytest.fixture(autouse=True)
def without_gradients() -> Iterator[None]:
    with torch.inference_mode():
        yield


def call(graphed: GraphedUnet, inputs: Inputs) -> torch.Tensor:
    added = {"text_embeds": inputs.pooled, "time_ids": inputs.time_ids}
    return graphed(inputs.latents, inputs.timestep, inputs.tokens, added).clone()


def assert_as_without(model: SdxlModel, graphed: GraphedUnet, inputs: Inputs) -> None:
    expected = predict(model.unet, inputs)
    output = call(graphed, inputs)
    assert output.shape == expected.shape
    assert (output - expected).abs().max() <= 1e-5 * expected.abs().max()


def test_rows_are_padded_up_to_few_graphs_and_the_result_does_not_change(model: SdxlModel) -> None:
    recorder = Recorder()
    graphed = GraphedUnet(model.unet, recorder)
    rows = make_inputs(9)
    for num_rows in (1, 2, 3, 4, 5, 7, 9, 3, 8):
        assert_as_without(model, graphed, rows.rows(*range(num_rows)))
    assert recorder.num_rows == [1, 2, 4, 4, 6, 8, 12, 4, 8]
    assert recorder.num_captures == 6


def test_a_graph_takes_new_values_and_what_was_there_before_is_not_seen(model: SdxlModel) -> None:
    recorder = Recorder()
    graphed = GraphedUnet(model.unet, recorder)
    rows = make_inputs(8)
    broken = Inputs(**{name: torch.full_like(value[:4], torch.nan) for name, value in vars(rows).items()})
    assert call(graphed, broken).isnan().all()
    for given in (rows.rows(0, 1, 2), rows.rows(7, 6, 5, 4), rows.rows(3, 0, 5)):
        assert_as_without(model, graphed, given)
    assert recorder.num_captures == 1


def test_least_recently_used_graph_makes_room(model: SdxlModel) -> None:
    recorder = Recorder()
    graphed = GraphedUnet(model.unet, recorder, max_graphs=2)
    one, two, longer = make_inputs(1), make_inputs(2), make_inputs(1, num_tokens=20)
    for inputs, num_captures in ((one, 1), (two, 2), (one, 2), (longer, 3), (one, 3), (two, 4), (longer, 5)):
        assert_as_without(model, graphed, inputs)
        assert recorder.num_captures == num_captures
    graphed.forget()
    call(graphed, longer)
    assert recorder.num_captures == 6


def test_more_rows_than_the_largest_bucket_are_not_taken(model: SdxlModel) -> None:
    graphed = GraphedUnet(model.unet, Recorder())
    assert graphed.takes(16) and not graphed.takes(17)
