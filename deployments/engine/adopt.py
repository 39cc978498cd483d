"""What is new is tried before anyone may use it: weights that read well can still draw what they should not."""

from dataclasses import replace

from deployments.engine.equipment import Equipment
from deployments.engine.ip_adapter import ImageAdapter
from deployments.engine.lora_bank import PackedLora
from deployments.engine.trial import Trial, check_trial
from deployments.engine.unet_runner import UnetRunner


def adopt(equipment: Equipment, packed: PackedLora, trial: Trial) -> None:
    """Puts it into the bank if the trial with it holds; on the engine's thread.

    What its publisher drew was drawn with the model's own UNet; while that is away, the drawing must only be finite.
    Raises BankFull, or InvalidRequest; then the bank is as it was.
    """
    handle = equipment.bank.add(packed)
    try:
        _check(equipment, trial, lora=packed.name)
    except BaseException:
        equipment.bank.drop(handle)
        raise


def adopt_unet(equipment: Equipment, name: str, runner: UnetRunner, trial: Trial) -> None:
    """Beside the others, if the trial with it holds; on the engine's thread. Raises InvalidRequest."""
    assert name not in equipment.unets
    equipment.unets[name] = runner
    try:
        check_trial(equipment, trial, unet=name)
    except BaseException:
        equipment.drop_unet(name)
        raise


def adopt_reference(equipment: Equipment, name: str, adapter: ImageAdapter, trial: Trial) -> None:
    """Likewise beside the other reference adapters, of which there must be one; the trial is `adopt`'s."""
    assert name not in equipment.encoders
    equipment.encoders[name] = equipment.any_encoder().beside(adapter)
    try:
        _check(equipment, trial, reference=name)
    except BaseException:
        del equipment.encoders[name]
        raise


def _check(equipment: Equipment, trial: Trial, lora: str = "", reference: str = "") -> None:
    unet = "" if "" in equipment.unets else next(iter(equipment.unets))
    check_trial(equipment, replace(trial, expected_CHW=None) if unet else trial, lora, unet, reference)
