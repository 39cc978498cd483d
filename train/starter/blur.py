"""Where the autoencoder begins: as a blur, which has the colours right from the first step.

From random weights the narrow convolutions spend thousands of steps on learning to pass a colour on. Here three
channels carry red, green and blue through all levels, averaged on the way down and repeated on the way up; the residual
branches begin quiet and learn the shapes. Constant channels beside them keep the last normalisation from taking colours
away.
"""

import torch
from diffusers import AutoencoderKL
from torch import nn

COLOURS = slice(0, 3)
HIGH, LOW = slice(3, 7), slice(7, 11)  # the constant channels
CONSTANT = 4.0  # what they hold, and less than nothing
CARRIED = 11
DAMPING = 0.1  # of the residual branches
QUIET = -4.0  # log variance of the latents, nearly: little noise at first
BEND = 2.0  # SiLU is nearly straight about it
SILU, SLOPE = 1.7616, 1.0908  # its value and slope there


@torch.no_grad()
def begin_as_blur(vae: AutoencoderKL) -> None:
    """In place, of freshly made weights; at least 16 channels wide everywhere."""
    for name, module in vae.named_modules():
        if name.endswith(("conv_shortcut", "upsamplers.0.conv", "downsamplers.0.conv")):
            _carry(module, CARRIED)
        if name.endswith("conv2"):
            _quieten(module)
    for half in (vae.encoder, vae.decoder):
        _carry(half.conv_in, 3)
        half.conv_in.weight[HIGH] = half.conv_in.weight[LOW] = 0
        half.conv_in.bias[HIGH], half.conv_in.bias[LOW] = CONSTANT, -CONSTANT
        _read_colours(half.conv_norm_out, half.conv_out)
    _carry(vae.quant_conv, 3)
    _carry(vae.post_quant_conv, 3)
    vae.quant_conv.bias[vae.config.latent_channels :] += QUIET


def _carry(conv: nn.Conv2d, number: int) -> None:
    """The first channels come out as they went in; a layer that halves the picture averages."""
    assert conv.bias is not None
    conv.weight[:number] = 0
    conv.weight[:, HIGH.start : LOW.stop] = 0  # or all channels would lean the way of the constants
    conv.bias[:number] = 0
    middle = conv.kernel_size[0] // 2
    for channel in range(number):
        if conv.stride == (2, 2):
            conv.weight[channel, channel, :2, :2] = 1 / 4
        else:
            conv.weight[channel, channel, middle, middle] = 1


def _quieten(conv: nn.Conv2d) -> None:
    assert conv.bias is not None
    conv.weight *= DAMPING
    conv.bias.zero_()
    conv.weight[:CARRIED] = 0


def _read_colours(norm: nn.GroupNorm, out: nn.Conv2d) -> None:
    """Undoes the normalisation, whose scale the constant channels fix, and SiLU."""
    assert out.bias is not None
    std = CONSTANT * (8 / norm.num_channels) ** 0.5
    norm.weight[COLOURS], norm.bias[COLOURS] = 1, BEND
    out.weight *= DAMPING
    _carry(out, 3)
    out.weight[COLOURS] *= std / SLOPE
    out.bias[COLOURS] = -SILU * std / SLOPE
