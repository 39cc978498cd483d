"""A model made ready for mixed batches, with all that its images may use: UNets, adapters, references, control."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from diffusers import UNet2DConditionModel

from deployments.engine.attention import groups_of, install_attention
from deployments.engine.control import ControlRegistry
from deployments.engine.ip_adapter import load_adapter
from deployments.engine.layout import GridSize, query_sizes
from deployments.engine.load import SdxlModel
from deployments.engine.lora_bank import LoraBank, PackedLora
from deployments.engine.lora_files import read_lora
from deployments.engine.references import ReferenceEncoder, load_image_encoder
from deployments.engine.unet_runner import UnetRunner
from deployments.engine.weight_files import REFERENCE
from deployments.errors import InvalidRequest


@dataclass(frozen=True)
class Equipment:
    """Belongs to the engine's thread, like the model whose UNet it has changed."""

    model: SdxlModel
    unets: dict[str, UnetRunner]  # that images may be drawn with; the model's own is called ""
    fit: "FitUnet"
    groups: tuple[str, ...]  # of attention layers, in order
    bank: LoraBank
    max_lora_rank: int
    controls: ControlRegistry
    encoders: dict[str, ReferenceEncoder] = field(default_factory=dict)  # by the id of their IP-Adapter
    _query_sizes: dict[GridSize, list[GridSize]] = field(default_factory=dict)

    @property
    def run_unet(self) -> UnetRunner:
        """The model's own."""
        return self.unets[""]

    def ready(self, unet: UNet2DConditionModel) -> UnetRunner:
        """Another UNet of the architecture, made as fast as the first, with the same bank; on any thread."""
        return self.fit(unet, partial(_wrap, self.bank))

    def drop_unet(self, name: str) -> None:
        """Its memory is free then; the module stays as an architecture, which others look at."""
        self.unets.pop(name).unet.to("meta")

    def read_lora(self, name: str, path: Path) -> PackedLora:
        """Reads and checks the file; on any thread, since the model is only looked at."""
        return self.bank.pack(read_lora(path, name, self.model, self.max_lora_rank))

    def load_reference_adapter(self, adapter_id: str, path: Path, encoder_folder: Path) -> None:
        adapter = load_adapter(path, self.model.unet)
        encoder = load_image_encoder(encoder_folder, self.model.device, self.model.dtype)
        self.encoders[adapter_id] = ReferenceEncoder(adapter, encoder)

    def any_encoder(self) -> ReferenceEncoder:
        """What another reference adapter has to be like. Raises InvalidRequest."""
        encoders = list(self.encoders.values())
        if not encoders:
            raise REFERENCE.refusal("the model has none of its own")
        return encoders[0]

    def encoder(self, adapter_id: str) -> ReferenceEncoder:
        if adapter_id not in self.encoders:
            loaded = ", ".join(sorted(self.encoders)) or "none"
            message = f"no IP-Adapter is called {adapter_id!r}; loaded: {loaded}"
            raise InvalidRequest(message, "reference_adapter_unknown", "references")
        return self.encoders[adapter_id]

    def query_sizes(self, latent_size: GridSize) -> list[GridSize]:
        if latent_size not in self._query_sizes:
            self._query_sizes[latent_size] = query_sizes(self.model.unet, latent_size)
        return self._query_sizes[latent_size]


Wrap = Callable[[UNet2DConditionModel], None]  # puts attention and bank into it
FitUnet = Callable[[UNet2DConditionModel, Wrap], UnetRunner]


def fit_plainly(unet: UNet2DConditionModel, wrap: Wrap) -> UnetRunner:
    wrap(unet)
    return UnetRunner(unet)


def equip(model: SdxlModel, max_lora_rank: int, fit: FitUnet = fit_plainly) -> Equipment:
    """Changes the model's UNet: its attention takes a context, its linear layers hold `max_lora_rank` slots."""
    bank = LoraBank(model.unet, max_lora_rank)
    return Equipment(
        model=model,
        unets={"": fit(model.unet, partial(_wrap, bank))},
        fit=fit,
        groups=groups_of(model.unet),
        bank=bank,
        max_lora_rank=max_lora_rank,
        controls=ControlRegistry(model),
    )


def _wrap(bank: LoraBank, unet: UNet2DConditionModel) -> None:
    install_attention(unet)
    bank.attach(unet)
