"""An adapter is tried before anyone may use it: weights that read well can still draw what they should not."""

from deployments.engine.equipment import Equipment
from deployments.engine.lora_bank import PackedLora
from deployments.engine.trial import Trial, check_trial


def adopt(equipment: Equipment, packed: PackedLora, trial: Trial) -> None:
    """Puts it into the bank if the trial with it holds; on the engine's thread.

    Raises BankFull, or InvalidRequest; then the bank is as it was.
    """
    handle = equipment.bank.add(packed)
    try:
        check_trial(equipment, packed.name, trial)
    except BaseException:
        equipment.bank.drop(handle)
        raise
