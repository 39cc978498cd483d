"""A bank of LoRA adapters inside the UNet: any mix of them, with weights of their own, in one batch.

Every adaptable linear layer keeps S rank slots beside its weight. A row b computes

    y_b = W·x_b + ((x_b · downᵀ) ⊙ g_b) · upᵀ        down [S, in], up [out, S], g_b [S]

where g_b holds the weight of each slot for that row and 0 for the slots of adapters that it does not use: the sum over
slots is the sum over its adapters. Adding an adapter is a copy into free slots; nothing is allocated or rebuilt.

Shapes: R rows, T tokens, I in, O out, S slots, G groups (the UNet's transformers, e.g. `up_blocks.0.attentions.1`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import torch
from diffusers import UNet2DConditionModel
from torch import nn
from torch.nn import functional as F

from deployments.engine.lora_files import LoraAdapter, LoraLayer, TextLayers, adaptable_linears
from deployments.errors import InvalidRequest


class BankFull(RuntimeError):
    """The adapter fits the bank, but not now: drop an idle one, or wait until a row releases one."""


@dataclass(eq=False)
class LoraHandle:
    """One resident version of an adapter. Its slots stay its own until it is dropped and no row uses it any more."""

    name: str
    digest: str
    slots: tuple[int, ...]
    text_layers: TextLayers  # for encoding the prompts of the rows that use it
    num_users: int = 0
    is_dropped: bool = False

    @property
    def is_idle(self) -> bool:
        return self.num_users == 0


@dataclass(frozen=True)
class LoraUse:
    """How strongly a row uses an adapter. `block_weights` multiply: by prefix of the group, the longest counts."""

    handle: LoraHandle
    weight: float
    block_weights: Mapping[str, float] = field(default_factory=dict)

    def weight_in(self, group: str) -> float:
        prefixes = [prefix for prefix in self.block_weights if f"{group}.".startswith(f"{prefix}.")]
        return self.weight * (self.block_weights[max(prefixes, key=len)] if prefixes else 1.0)


@dataclass
class _Selection:
    """What the next call of the UNet uses; shared by all layers."""

    active: tuple[slice, torch.Tensor] | None = None  # slots, and their gates [G, R, S]; None: no row uses any adapter


class BankedLinear(nn.Linear):
    """Stands in for a linear layer, with the same parameters under the same names, and adds the bank's part."""

    def __init__(self, linear: nn.Linear, capacity_rank: int, group: int, selection: _Selection) -> None:
        super().__init__(linear.in_features, linear.out_features, linear.bias is not None, device="meta")
        self.weight, self.bias = linear.weight, linear.bias
        self.down_SI: torch.Tensor
        self.up_OS: torch.Tensor
        self.register_buffer("down_SI", linear.weight.new_zeros(capacity_rank, self.in_features), persistent=False)
        self.register_buffer("up_OS", linear.weight.new_zeros(self.out_features, capacity_rank), persistent=False)
        self._group = group
        self._selection = selection

    def forward(self, x_RTI: torch.Tensor) -> torch.Tensor:
        y_RTO = super().forward(x_RTI)
        if self._selection.active is None:
            return y_RTO
        slots, gates_GRS = self._selection.active
        hidden_RTS = F.linear(x_RTI, self.down_SI[slots]) * gates_GRS[self._group, :, None, :]
        return y_RTO + F.linear(hidden_RTS, self.up_OS[:, slots])

    def write(self, slots: torch.Tensor, layer: LoraLayer | None) -> None:
        """Fills the slots, with zeros where this layer has a smaller rank than its adapter, or no part in it."""
        self.down_SI.index_fill_(0, slots, 0)
        self.up_OS.index_fill_(1, slots, 0)
        if layer is not None:
            own = slots[: layer.rank]
            self.down_SI.index_copy_(0, own, layer.down.to(self.down_SI))
            self.up_OS.index_copy_(1, own, (layer.up.float() * layer.scale).to(self.up_OS))


class LoraBank:
    """Belongs to the engine's thread. Rows acquire an adapter when they join and release it when they leave."""

    def __init__(self, unet: UNet2DConditionModel, capacity_rank: int) -> None:
        self._selection = _Selection()
        self._capacity_rank = capacity_rank
        self._device, self._dtype = unet.device, unet.dtype
        self._free = set(range(capacity_rank))
        self._by_name: dict[str, LoraHandle] = {}
        linears = adaptable_linears(unet)
        self.groups = tuple(dict.fromkeys(_group(path) for path in linears))
        self._layers: dict[str, BankedLinear] = {}
        for path, linear in linears.items():
            layer = BankedLinear(linear, capacity_rank, self.groups.index(_group(path)), self._selection)
            parent, _, name = path.rpartition(".")
            setattr(unet.get_submodule(parent), name, layer)
            self._layers[path] = layer

    @property
    def handles(self) -> Mapping[str, LoraHandle]:
        """By name, those that new rows may acquire."""
        return self._by_name

    @torch.inference_mode()
    def add(self, adapter: LoraAdapter) -> LoraHandle:
        """Makes it resident; one of the same name is dropped, and stays with the rows that use it.

        Raises BankFull when there are too few slots now, and InvalidRequest when there never will be enough.
        """
        if adapter.rank > self._capacity_rank:
            reason = f"rank {adapter.rank} is over {self._capacity_rank}"
            raise InvalidRequest(f"this LoRA cannot be used: {reason}", "lora_rank_too_large", "lora")
        replaced = self._by_name.get(adapter.name)
        free = self._free | set(replaced.slots if replaced is not None and replaced.is_idle else ())
        if adapter.rank > len(free):
            raise BankFull(f"{adapter.name} needs {adapter.rank} slots, {len(free)} are free")
        if replaced is not None:
            self.drop(replaced)
        slots = tuple(sorted(self._free)[: adapter.rank])
        handle = LoraHandle(adapter.name, adapter.digest, slots, adapter.text_layers)
        index = torch.tensor(slots, dtype=torch.long, device=self._device)
        for path, layer in self._layers.items():
            layer.write(index, adapter.layers.get(path))
        self._free -= set(handle.slots)
        self._by_name[handle.name] = handle
        return handle

    def drop(self, handle: LoraHandle) -> None:
        """No new row may acquire it; its slots are free once the last one has released it."""
        assert not handle.is_dropped
        handle.is_dropped = True
        del self._by_name[handle.name]
        self._free_if_unused(handle)

    def acquire(self, handle: LoraHandle) -> None:
        assert not handle.is_dropped
        handle.num_users += 1

    def release(self, handle: LoraHandle) -> None:
        assert handle.num_users > 0
        handle.num_users -= 1
        self._free_if_unused(handle)

    def check(self, use: LoraUse) -> None:
        """Raises InvalidRequest for a block that this UNet does not have."""
        for prefix in use.block_weights:
            if not any(f"{group}.".startswith(f"{prefix}.") for group in self.groups):
                known = ", ".join(self.groups)
                raise InvalidRequest(f"no block {prefix!r}; the blocks are {known}", "invalid_lora_weight", "lora")

    def select(self, rows: Sequence[Sequence[LoraUse]]) -> None:
        """Sets what each row of the UNet's next call uses, in the order of its rows."""
        used = [slot for uses in rows for use in uses for slot in use.handle.slots]
        if not used:
            self._selection.active = None
            return
        gates_GRS = torch.zeros(len(self.groups), len(rows), self._capacity_rank)
        for row, uses in enumerate(rows):
            for use in uses:
                assert use.handle.num_users > 0  # else its slots may be another's by now
                weights_G1 = torch.tensor([[use.weight_in(group)] for group in self.groups])
                gates_GRS[:, row, list(use.handle.slots)] += weights_G1
        span = slice(min(used), max(used) + 1)
        self._selection.active = (span, gates_GRS[:, :, span].to(self._device, self._dtype))

    def _free_if_unused(self, handle: LoraHandle) -> None:
        if handle.is_dropped and handle.is_idle:
            self._free |= set(handle.slots)


def _group(path: str) -> str:
    """`up_blocks.0.attentions.1` of any path in it."""
    before, _, rest = path.partition(".attentions.")
    return f"{before}.attentions.{rest.split('.')[0]}"
