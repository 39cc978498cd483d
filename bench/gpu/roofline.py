"""How fast this machine does SDXL's operations one by one; the best of each kind is what the rest is held against."""

from collections.abc import Callable, Iterator
from functools import partial

import torch
from torch.nn import functional as F
from torch.nn.attention import SDPBackend, sdpa_kernel

from bench.gpu.rows import Figure, Measurement, NotMeasured
from bench.gpu.session import Session
from bench.gpu.timing import measure_kernel
from deployments.engine.fp8 import scaled_mm, to_fp8

CASE = "roofline"
_SHARE = 0.2  # of the seconds that other measurements take: there are many, and kernels are steady
_BACKENDS = {
    "flash": SDPBackend.FLASH_ATTENTION,
    "cuDNN": SDPBackend.CUDNN_ATTENTION,
    "efficient": SDPBackend.EFFICIENT_ATTENTION,
}
_CUDA_ONLY = ("cuDNN", "efficient")


def measurements(session: Session) -> Iterator[Measurement]:
    for shape in session.plan.gemms:
        name = "×".join(str(side) for side in shape)
        yield _measurement(f"linear {name}, {_dtype_name(session)}", partial(_gemm, session, shape))
        yield _measurement(f"linear {name}, fp8", partial(_fp8_gemm, session, shape))
    for batch, channels_in, channels_out, side in session.plan.convolutions:
        name = f"conv 3×3 {batch}×{channels_in}→{channels_out}×{side}², NHWC"
        yield _measurement(name, partial(_convolution, session, batch, channels_in, channels_out, side))
    for label, backend in _BACKENDS.items():
        for shape4 in session.plan.attentions:
            batch, heads, tokens, width = shape4
            name = f"attention {batch}×{heads} heads×{tokens}×{width}, {label}"
            yield _measurement(name, partial(_attention, session, shape4, label, backend))


def _measurement(name: str, take: Callable[[], Figure]) -> Measurement:
    return Measurement(CASE, name, take, expected_s=2.0)


def _gemm(session: Session, shape: tuple[int, int, int]) -> Figure:
    num_rows, width_in, width_out = shape
    x, weight = _noise(session, num_rows, width_in), _noise(session, width_out, width_in)
    return _rate(session, "linear", 2.0 * num_rows * width_in * width_out, lambda: F.linear(x, weight))


def _fp8_gemm(session: Session, shape: tuple[int, int, int]) -> Figure:
    """The product alone, without the conversion of its inputs."""
    num_rows, width_in, width_out = shape
    x, x_scale = to_fp8(_noise(session, num_rows, width_in))
    weight, weight_scale = to_fp8(_noise(session, width_out, width_in))
    weight_scale = weight_scale.T.contiguous()
    flops = 2.0 * num_rows * width_in * width_out
    return _rate(session, "linear fp8", flops, lambda: scaled_mm(x, x_scale, weight, weight_scale))


def _convolution(session: Session, batch: int, channels_in: int, channels_out: int, side: int) -> Figure:
    x = _noise(session, batch, channels_in, side, side).to(memory_format=torch.channels_last)
    weight = _noise(session, channels_out, channels_in, 3, 3).to(memory_format=torch.channels_last)
    flops = 2.0 * 9 * batch * side * side * channels_in * channels_out
    return _rate(session, "conv", flops, lambda: F.conv2d(x, weight, padding=1))


def _attention(session: Session, shape: tuple[int, int, int, int], label: str, backend: SDPBackend) -> Figure:
    if label in _CUDA_ONLY and not session.is_cuda:
        raise NotMeasured(f"{label} attention needs CUDA")
    batch, heads, tokens, width = shape
    query, key, value = (_noise(session, *shape) for _ in range(3))
    flops = 4.0 * batch * heads * tokens * tokens * width
    with sdpa_kernel(backend):
        return _rate(session, "attention", flops, lambda: F.scaled_dot_product_attention(query, key, value))


def _rate(session: Session, kind: str, flops: float, call: Callable[[], object]) -> Figure:
    with torch.inference_mode():
        timing = measure_kernel(call, session.device, _SHARE * session.seconds)
    rate = flops / timing.median_s
    session.rates[kind] = max(rate, session.rates.get(kind, 0.0))
    return Figure(rate / 1e12, "TFLOP/s", note=f"{timing.median_s * 1e6:.1f} µs")


def _noise(session: Session, *shape: int) -> torch.Tensor:
    generator = torch.Generator(session.device).manual_seed(2)
    return torch.randn(shape, generator=generator, device=session.device).to(session.dtype)


def _dtype_name(session: Session) -> str:
    return {torch.bfloat16: "bf16", torch.float32: "fp32"}[session.dtype]
