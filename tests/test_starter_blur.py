"""Where the autoencoder begins."""

import torch
from torch.nn import functional as F

from train.starter.architecture import build_vae
from train.starter.blur import begin_as_blur
from train.starter.recipes import CPU


def test_untrained_autoencoder_keeps_the_colours() -> None:
    torch.manual_seed(0)
    vae = build_vae(CPU.architecture)
    begin_as_blur(vae)
    blocks_NCHW = torch.rand(4, 3, 8, 8) * 2 - 1
    images_NCHW = F.interpolate(blocks_NCHW, scale_factor=16)
    with torch.inference_mode():
        copies_NCHW = vae.decode(vae.encode(images_NCHW).latent_dist.mean).sample
    assert (copies_NCHW - images_NCHW).abs().mean() < 0.05  # of a range of 2; random weights are off by 0.6
