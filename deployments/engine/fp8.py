"""Linear layers in 8-bit floating point: weights once, activations as they come, one scale a row of either."""

import torch
from torch import nn

_MAX = torch.finfo(torch.float8_e4m3fn).max


class Fp8Linear(nn.Linear):
    """y = x · Wᵀ + b with x and W in e4m3, multiplied on fp8 tensor cores, summed in float32. x is [..., in]."""

    def __init__(self, linear: nn.Linear) -> None:
        super().__init__(linear.in_features, linear.out_features, linear.bias is not None, device="meta")
        weight_OI, scale_O1 = to_fp8(linear.weight.detach())
        self.weight = nn.Parameter(weight_OI, requires_grad=False)
        self.scale_1O: torch.Tensor
        self.register_buffer("scale_1O", scale_O1.T.contiguous())
        self.bias = linear.bias

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x_NI, scale_N1 = to_fp8(x.reshape(-1, self.in_features))
        y_NO = scaled_mm(x_NI, scale_N1, self.weight, self.scale_1O)
        if self.bias is not None:
            y_NO = y_NO + self.bias
        return y_NO.to(x.dtype).view(*x.shape[:-1], self.out_features)


def to_fp8(x_NI: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Returns x in e4m3 and the float32 scales [N, 1] that bring it back."""
    scale_N1 = x_NI.abs().amax(dim=1, keepdim=True).float().clamp(min=1e-12) / _MAX
    return (x_NI.float() / scale_N1).clamp(-_MAX, _MAX).to(torch.float8_e4m3fn), scale_N1


def scaled_mm(
    x_NI: torch.Tensor, x_scale_N1: torch.Tensor, weight_OI: torch.Tensor, weight_scale_1O: torch.Tensor
) -> torch.Tensor:
    """Returns [N, O] in bfloat16, the one type that row-wise scales give."""
    product: torch.Tensor = torch._scaled_mm(
        x_NI, weight_OI.T, x_scale_N1, weight_scale_1O, out_dtype=torch.bfloat16, use_fast_accum=True
    )
    return product


def use_fp8_linears(unet: nn.Module, min_width: int) -> int:
    """Replaces the large linears of the transformers, in place; returns how many.

    Not the keys and values of the text: 77 tokens a row are too few to repay the conversion.
    """
    chosen = [
        (path, module)
        for path, module in unet.named_modules()
        if isinstance(module, nn.Linear)
        and ".attentions." in path
        and not path.endswith(("attn2.to_k", "attn2.to_v"))
        and min(module.in_features, module.out_features) >= min_width
    ]
    for path, module in chosen:
        parent, _, name = path.rpartition(".")
        setattr(unet.get_submodule(parent), name, Fp8Linear(module))
    return len(chosen)
