"""Several UNets in one engine: each image is drawn by one of them, whatever is drawn beside it."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.torch import load_file, save_file

from deployments.engine.acceleration import accelerate
from deployments.engine.engine import Engine
from deployments.engine.equipment import Equipment, equip
from deployments.engine.load import SdxlModel, load_model
from deployments.engine.prepare import Preparer
from deployments.engine.request import ImageRequest, LoraRequest
from deployments.engine.step import step
from deployments.errors import InvalidRequest
from deployments.specs import Acceleration
from tests.adapters import write_adapter
from tests.test_acceleration import TRANSFORMERS, Recorder
from tests.unets import own_weights, write_unet

PLAIN = ImageRequest("rocket", None, 64, 64, num_steps=3, guidance_scale=4.0, seed=7)
OTHER = replace(PLAIN, unet="other")


@pytest.fixture(scope="module")
def folder(models_dir: Path) -> Path:
    return models_dir / "starter"


@pytest.fixture(scope="module")
def files(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    made = tmp_path_factory.mktemp("unets")
    return {"unet": write_unet(made, folder, seed=1), "lora": write_adapter(made, load_model(folder), seed=1)}


def running(model: SdxlModel) -> Engine:
    engine = Engine(equip(model, 8), max_rows=8, num_threads=1)
    engine.start()
    return engine


@pytest.fixture
def engine(folder: Path, files: dict[str, Path]) -> Iterator[Engine]:
    """With both UNets and the adapter."""
    engine = running(load_model(folder))
    engine.adopt_unet("other", engine.read_unet(files["unet"])).result()
    engine.add_lora("style", files["lora"]).result()
    yield engine
    engine.stop()


@pytest.fixture(scope="module")
def alone(folder: Path, files: dict[str, Path]) -> Iterator[Engine]:
    """Built on the other UNet, and nothing else."""
    model = load_model(folder)
    model.unet.load_state_dict(load_file(files["unet"]))
    engine = running(model)
    engine.add_lora("style", files["lora"]).result()
    yield engine
    engine.stop()


def draw(engine: Engine, *requests: ImageRequest) -> list[np.ndarray]:
    jobs = [engine.submit(request) for request in requests]
    return [job.result.result().pixels_HWC.astype(int) for job in jobs]


def apart(one: np.ndarray, other: np.ndarray) -> int:
    return int(np.abs(one - other).max())


@pytest.mark.parametrize("uses", [{}, {"loras": (LoraRequest("style", 0.7),)}, {"sampler": "euler_a"}])
def test_images_of_both_are_those_of_each_alone(engine: Engine, alone: Engine, uses: dict[str, Any]) -> None:
    own, other, again = draw(engine, *(replace(request, **uses) for request in (PLAIN, OTHER, PLAIN)))
    assert apart(other, draw(alone, replace(PLAIN, **uses))[0]) <= 1
    assert apart(own, other) > 5 and apart(own, again) <= 1


def test_another_is_made_as_fast_as_the_own_and_has_graphs_of_its_own(
    alone: Engine, folder: Path, files: dict[str, Path]
) -> None:
    fast = Acceleration(compiled_blocks=TRANSFORMERS, compile_backend="aot_eager", cuda_graphs=True)
    equipment = accelerate(load_model(folder), 8, fast, Recorder())
    engine = Engine(equipment, max_rows=8, num_threads=1)
    engine.start()
    engine.adopt_unet("other", engine.read_unet(files["unet"])).result()
    own, other = draw(engine, PLAIN, OTHER)
    engine.stop()
    runners = equipment.unets.values()
    assert all(one.is_compiled for one in runners) and len({id(one.graphed) for one in runners}) == 2
    assert apart(other, draw(alone, PLAIN)[0]) <= 1 and apart(own, other) > 5


def test_one_call_never_holds_rows_of_two(engine: Engine) -> None:
    def mix(equipment: Equipment) -> None:
        preparer = Preparer(equipment)
        with pytest.raises(ValueError, match="too many values"):
            step(equipment, [preparer.prepare(PLAIN), preparer.prepare(OTHER)])

    engine.call(mix).result()
    with pytest.raises(ValueError, match="must have one unet"):
        engine.submit_set([PLAIN, OTHER])


def test_own_one_may_go_and_come_back_with_its_memory(engine: Engine, folder: Path, tmp_path: Path) -> None:
    own, other = draw(engine, PLAIN, OTHER)
    unet = engine._equipment.model.unet
    engine.drop_unet("").result()
    assert {weight.device.type for weight in unet.parameters()} == {"meta"}
    with pytest.raises(InvalidRequest, match="no UNet"):
        draw(engine, PLAIN)
    assert apart(draw(engine, OTHER)[0], other) == 0
    save_file(own_weights(folder), tmp_path / "own.safetensors")
    engine.adopt_unet("", engine.read_unet(tmp_path / "own.safetensors")).result()
    assert apart(draw(engine, PLAIN)[0], own) <= 1


def test_what_draws_nothing_finite_leaves_nothing_behind(engine: Engine, files: dict[str, Path]) -> None:
    huge = engine.read_unet(files["unet"])
    huge.conv_in.weight.data.fill_(1e38)
    with pytest.raises(InvalidRequest, match="not finite"):
        engine.adopt_unet("huge", huge).result()
    with pytest.raises(InvalidRequest, match="no UNet"):
        draw(engine, replace(PLAIN, unet="huge"))
    assert apart(*draw(engine, PLAIN, OTHER)) > 5
