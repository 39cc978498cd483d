"""The LoRA bank against diffusers with peft, against single calls, and against itself after changes."""

import random
import warnings
from collections.abc import Sequence
from pathlib import Path

import pytest
import torch
from diffusers import StableDiffusionXLPipeline

from deployments.engine.load import SdxlModel, load_model
from deployments.engine.lora_bank import BankFull, LoraBank, LoraHandle, LoraUse
from deployments.engine.lora_files import LoraAdapter, read_lora
from deployments.errors import InvalidRequest
from tests.lora import random_text_matrices, run, write_peft, write_three

CAPACITY = 16


@pytest.fixture(scope="module")
def pristine(models_dir: Path) -> SdxlModel:
    """Never has a bank."""
    return load_model(models_dir / "starter")


@pytest.fixture
def model(models_dir: Path) -> SdxlModel:
    return load_model(models_dir / "starter")


@pytest.fixture
def bank(model: SdxlModel) -> LoraBank:
    bank = LoraBank(model.unet, CAPACITY)
    bank.attach(model.unet)
    return bank


@pytest.fixture(scope="module")
def files(pristine: SdxlModel, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return write_three(tmp_path_factory.mktemp("lora"), pristine)


@pytest.fixture(scope="module")
def adapters(pristine: SdxlModel, files: dict[str, Path]) -> dict[str, LoraAdapter]:
    return {name: read_lora(path, name, pristine, CAPACITY) for name, path in files.items()}


def acquired(bank: LoraBank, adapter: LoraAdapter) -> LoraHandle:
    handle = bank.add(bank.pack(adapter))
    bank.acquire(handle)
    return handle


def run_with(model: SdxlModel, bank: LoraBank, uses: Sequence[Sequence[LoraUse]], rows: Sequence[int]) -> torch.Tensor:
    bank.select(uses)
    return run(model.unet, rows)


@pytest.fixture(scope="module")
def pipeline(models_dir: Path, files: dict[str, Path]) -> StableDiffusionXLPipeline:
    pipeline = StableDiffusionXLPipeline.from_pretrained(models_dir / "starter", local_files_only=True)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Already found a `peft_config`")  # several adapters are what we want
        for name, path in files.items():
            pipeline.load_lora_weights(path.parent, weight_name=path.name, adapter_name=name, use_safetensors=True)
    return pipeline


@pytest.mark.parametrize(
    "weights", [{"a": 1.0}, {"b": 0.7}, {"c": -0.5}, {"a": 0.8, "b": 0.6}, {"b": 0.5, "c": 1.2}], ids=str
)
def test_bank_equals_diffusers_with_peft(
    pristine: SdxlModel, model: SdxlModel, bank: LoraBank, pipeline: StableDiffusionXLPipeline,
    adapters: dict[str, LoraAdapter], weights: dict[str, float],
) -> None:  # fmt: skip
    handles = {name: acquired(bank, adapters[name]) for name in adapters}
    pipeline.set_adapters(list(weights), list(weights.values()))
    theirs = run(pipeline.unet, [0, 1])
    uses = [LoraUse(handles[name], weight) for name, weight in weights.items()]
    ours = run_with(model, bank, [uses, uses], [0, 1])
    assert (theirs - run(pristine.unet, [0, 1])).abs().mean() > 0.02  # adapters that do nothing would prove nothing
    assert torch.allclose(ours, theirs, atol=1e-4, rtol=0)


def test_block_weights_equal_those_of_diffusers(
    model: SdxlModel, bank: LoraBank, pipeline: StableDiffusionXLPipeline, adapters: dict[str, LoraAdapter]
) -> None:
    scales = {"unet": {"down": 0.2, "mid": 0.0, "up": {"block_0": [0.9, 0.4, 1.5], "block_1": 0.6}}}
    pipeline.set_adapters(["a"], [scales])
    blocks = {
        "down_blocks": 0.2, "mid_block": 0.0, "up_blocks": 0.6, "up_blocks.0": 1.5, "up_blocks.0.attentions.0": 0.9,
        "up_blocks.0.attentions.1": 0.4,
    }  # fmt: skip
    use = LoraUse(acquired(bank, adapters["a"]), 1.0, blocks)
    bank.check(use)
    assert torch.allclose(run_with(model, bank, [[use]], [0]), run(pipeline.unet, [0]), atol=1e-4, rtol=0)


def test_mixed_batch_equals_each_row_alone(
    pristine: SdxlModel, model: SdxlModel, bank: LoraBank, adapters: dict[str, LoraAdapter]
) -> None:
    a, b, c = (acquired(bank, adapters[name]) for name in "abc")
    uses = [
        [],
        [LoraUse(a, 0.9)],
        [LoraUse(b, 0.5, {"up_blocks": 2.0})],
        [LoraUse(a, 0.3), LoraUse(b, -0.8)],
        [LoraUse(c, 1.0), LoraUse(a, 0.6, {"mid_block": 0.0})],
    ]
    rows = list(range(len(uses)))
    together = run_with(model, bank, uses, rows)
    alone = torch.cat([run_with(model, bank, [uses[row]], [row]) for row in rows])
    assert torch.allclose(together, alone, atol=1e-5, rtol=1e-5)
    assert torch.equal(together[0], run(pristine.unet, rows)[0])  # exactly as if its neighbours had no adapter


def test_unet_keeps_its_names_and_weights_and_answers_as_before(
    pristine: SdxlModel, model: SdxlModel, bank: LoraBank
) -> None:
    before, after = pristine.unet.state_dict(), model.unet.state_dict()
    assert before.keys() == after.keys()
    assert all(torch.equal(tensor, after[key]) for key, tensor in before.items())
    bank.select([[], []])
    assert torch.equal(run(model.unet, [0, 1]), run(pristine.unet, [0, 1]))


def test_adding_and_dropping_others_leaves_a_row_bit_identical(
    model: SdxlModel, bank: LoraBank, adapters: dict[str, LoraAdapter]
) -> None:
    uses = [[LoraUse(acquired(bank, adapters["a"]), 0.9)]]
    before = run_with(model, bank, uses, [0])
    for _ in range(2):
        other = bank.add(bank.pack(adapters["c"]))
        assert torch.equal(run_with(model, bank, uses, [0]), before)
        bank.drop(other)
        assert torch.equal(run_with(model, bank, uses, [0]), before)


def test_replaced_adapter_stays_with_the_rows_that_use_it(
    model: SdxlModel, bank: LoraBank, adapters: dict[str, LoraAdapter]
) -> None:
    old = acquired(bank, adapters["a"])
    before = run_with(model, bank, [[LoraUse(old, 1.0)]], [0])
    new = acquired(bank, LoraAdapter("a", "other", adapters["b"].layers, ({}, {})))
    assert bank.handles == {"a": new} and old.is_dropped and not set(old.slots) & set(new.slots)
    assert torch.equal(run_with(model, bank, [[LoraUse(old, 1.0)]], [0]), before)
    both = run_with(model, bank, [[LoraUse(old, 1.0)], [LoraUse(new, 1.0)]], [0, 0])
    assert torch.allclose(both[0], before[0], atol=1e-5) and not torch.allclose(both[1], before[0], atol=1e-2)
    with pytest.raises(AssertionError):
        bank.acquire(old)


def test_slots_are_free_when_the_last_user_of_a_dropped_adapter_is_gone(
    bank: LoraBank, adapters: dict[str, LoraAdapter]
) -> None:
    first = acquired(bank, adapters["c"])  # 9 of 16 slots
    bank.acquire(first)
    second = LoraAdapter("second", "", adapters["c"].layers, ({}, {}))
    with pytest.raises(BankFull, match="needs 9 slots, 7 are free"):
        bank.add(bank.pack(second))
    bank.drop(first)
    for _ in range(2):
        with pytest.raises(BankFull):
            bank.add(bank.pack(second))
        bank.release(first)
    assert bank.add(bank.pack(second)).slots == first.slots
    assert bank.handles.keys() == {"second"}


def test_idle_adapter_makes_room_for_its_own_replacement_and_a_busy_one_does_not(
    bank: LoraBank, adapters: dict[str, LoraAdapter]
) -> None:
    handle = bank.add(bank.pack(adapters["c"]))
    assert bank.add(bank.pack(adapters["c"])).slots == handle.slots
    busy = bank.handles["c"]
    bank.acquire(busy)
    with pytest.raises(BankFull):
        bank.add(bank.pack(adapters["c"]))
    assert bank.handles["c"] is busy and not busy.is_dropped


def test_adapter_of_the_text_encoders_alone_takes_no_slots(
    pristine: SdxlModel, model: SdxlModel, bank: LoraBank, tmp_path: Path
) -> None:
    parts = {"text_encoder": random_text_matrices(pristine.text_encoders[0], 4, seed=2)}
    adapter = read_lora(write_peft(tmp_path / "t", parts), "t", pristine, CAPACITY)
    handle = acquired(bank, adapter)
    assert handle.slots == () and handle.text_layers == adapter.text_layers
    assert torch.equal(run_with(model, bank, [[LoraUse(handle, 1.0)]], [0]), run(pristine.unet, [0]))


def test_adapter_that_can_never_fit_and_unknown_blocks_are_the_callers_mistake(
    pristine: SdxlModel, files: dict[str, Path], bank: LoraBank, adapters: dict[str, LoraAdapter], models_dir: Path
) -> None:
    small = LoraBank(load_model(models_dir / "starter").unet, capacity_rank=8)
    with pytest.raises(InvalidRequest, match="rank 9 is over 8"):
        small.pack(adapters["c"])
    with pytest.raises(InvalidRequest, match="rank 9, not 1 to 8"):
        read_lora(files["c"], "c", pristine, max_rank=8)
    for prefix in ("up_blocks.9", "up_block", "", "up_blocks.0.attentions.0.proj_in"):
        with pytest.raises(InvalidRequest, match="no block"):
            bank.check(LoraUse(bank.add(bank.pack(adapters["a"])), 1.0, {prefix: 0.5}))


def alone_in_the_bank(model: SdxlModel, bank: LoraBank, adapter: LoraAdapter) -> torch.Tensor:
    handle = acquired(bank, adapter)
    output = run_with(model, bank, [[LoraUse(handle, 1.0)]], [0])
    bank.release(handle)
    bank.drop(handle)
    return output


def test_nothing_remains_after_any_sequence_of_changes(
    pristine: SdxlModel, model: SdxlModel, bank: LoraBank, adapters: dict[str, LoraAdapter]
) -> None:
    draw = random.Random(0)
    running: list[LoraUse] = []
    reference = run(pristine.unet, [0, 1])
    fresh = {name: alone_in_the_bank(model, bank, adapter) for name, adapter in adapters.items()}
    for _ in range(40):
        action = draw.choice(["add", "drop", "join", "leave", "run"])
        residents = list(bank.handles.values())
        if action == "add":
            try:
                bank.add(bank.pack(adapters[draw.choice("abc")]))
            except BankFull:
                assert running
        elif action == "drop" and residents:
            bank.drop(draw.choice(residents))
        elif action == "join" and residents:
            use = LoraUse(draw.choice(residents), draw.uniform(-1, 1))
            bank.acquire(use.handle)
            running.append(use)
        elif action == "leave" and running:
            bank.release(running.pop(draw.randrange(len(running))).handle)
        elif action == "run" and running:
            mixed = run_with(model, bank, [[], [draw.choice(running)]], [0, 1])
            assert torch.equal(mixed[0], reference[0])
    for use in running:
        bank.release(use.handle)
    for handle in list(bank.handles.values()):
        bank.drop(handle)
    bank.select([[], []])
    assert torch.equal(run(model.unet, [0, 1]), reference)
    for name, expected in fresh.items():  # in slots that others have had before
        assert torch.equal(alone_in_the_bank(model, bank, adapters[name]), expected)
