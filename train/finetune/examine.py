"""What was trained as it will be served: drawn with by the serving engine and measured before publishing."""

from pathlib import Path

from torch import nn

from deployments.controls import load_reference_adapter
from deployments.engine.equipment import Equipment
from deployments.engine.ip_adapter import read_adapter
from deployments.engine.unet_files import read_unet
from deployments.model_folder import read_manifest
from deployments.registry.base import made_for
from deployments.registry.names import VersionKind, published_name
from deployments.registry.publish import publish
from deployments.registry.registry import AdapterRegistry
from deployments.registry.schemas import PublishedTrial
from deployments.registry.trial import publish_trial
from deployments.specs import PROFILES
from deployments.training import EvaluationPlan
from train.finetune.card import ModelCard
from train.finetune.evaluate import LIVE, evaluate
from train.finetune.features import load_features
from train.finetune.sample_sheet import draw_sheet
from train.finetune.served import equip_as_served, running
from train.finetune.style import StyleJob
from train.tracker import WandbTracker

TRAINED = "trained"  # the adapter's name in the engine


def examine(job: StyleJob, plan: EvaluationPlan, registry: Path, name: str) -> None:
    """Once its files are written: leaves a trial and a sheet of samples beside them, and in the card what was measured,
    and what has to hold of it.

    It is measured beside the base model, and beside what is live in the registry under that name.
    """
    model_folder = Path(job.model)
    spec = PROFILES[read_manifest(model_folder).name]
    equipment = equip_as_served(model_folder, spec)
    recipe, name = job.complete_recipe(), name_of(job, name)
    if recipe.learns == "reference":
        load_reference_adapter(equipment, model_folder, spec.references)
    adapters = {TRAINED: Path(job.out)} | live_version(AdapterRegistry(registry), name, model_folder)
    for adapter, path in adapters.items():
        hold(equipment, recipe.learns, adapter, path)
    trial = publish_trial(equipment, TRAINED, job.wording.trigger, spec.dtype, recipe.learns)
    features = load_features(equipment.model, model_folder, spec)
    with running(equipment, spec, recipe.num_threads) as engine:
        evaluation = evaluate(job, plan, engine, [*adapters], spec, features)
    card_path, sheet = Path(job.out).with_suffix(".json"), draw_sheet(evaluation)
    card = ModelCard.model_validate_json(card_path.read_text())
    card = card.model_copy(update={"metrics": card.metrics | evaluation.metrics, "gates": plan.gates})
    tracker = WandbTracker(f"evaluation-{name}", Path(job.work))
    tracker.log(card.steps, card.metrics)
    tracker.show(card.steps, "samples", sheet)
    tracker.close()
    sheet.save(sheet_path(job), optimize=True)
    trial_path(job).write_text(trial.model_dump_json() + "\n")
    card_path.write_text(card.model_dump_json(indent=2) + "\n")


def publish_style(job: StyleJob, registry: Path, name: str) -> str:
    """What was examined; returns its id, `NAME@VERSION`. Raises as `publish` does."""
    out, trial = Path(job.out), PublishedTrial.model_validate_json(trial_path(job).read_text())
    name = name_of(job, name)
    return publish(registry, out, name, Path(job.model), out.with_suffix(".json"), trial, sheet_path(job))


def name_of(job: StyleJob, name: str) -> str:
    return published_name(job.complete_recipe().learns, read_manifest(Path(job.model)).name, name)


def hold(equipment: Equipment, learns: VersionKind, name: str, path: Path) -> None:
    """Resident from now on."""
    model = equipment.model
    if learns == "lora":
        equipment.bank.add(equipment.read_lora(name, path))
    elif learns == "unet":
        unet = read_unet(path, model.unet)
        equipment.unets[name] = equipment.ready(nn.Module.to(unet, model.device, model.dtype))
    else:
        own = equipment.any_encoder()
        adapter = read_adapter(path, own.adapter, model.unet)
        equipment.encoders[name] = own.beside(adapter.to(model.device, model.dtype))


def trial_path(job: StyleJob) -> Path:
    return Path(job.out).with_suffix(".trial.json")


def sheet_path(job: StyleJob) -> Path:
    return Path(job.out).with_suffix(".samples.png")


def live_version(registry: AdapterRegistry, name: str, model_folder: Path) -> dict[str, Path]:
    """Empty where nothing is live, or what is was made for another model, or is the base model itself."""
    if name not in registry.names() or not registry.stages(name).live:
        return {}
    live = registry.find(name)
    base = read_manifest(model_folder)
    is_comparable = live.base_unet == made_for(live.kind, base) and not live.is_base
    return {LIVE: registry.weights_path(live)} if is_comparable else {}
