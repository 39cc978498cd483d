"""Prompt weights: what is parsed, what the encoders are told, and that diffusers draws the same from it."""

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from diffusers import StableDiffusionXLPipeline
from hypothesis import given
from hypothesis import strategies as st
from transformers import CLIPTokenizer

from deployments.engine.equipment import Equipment, equip
from deployments.engine.layout import Box
from deployments.engine.load import load_model
from deployments.engine.prepare import Preparer
from deployments.engine.prompt_weights import parse_weights, token_weights
from deployments.engine.request import ImageRequest, RegionRequest
from deployments.engine.step import step
from deployments.engine.text import PromptEncoder
from deployments.errors import InvalidRequest

PLAIN = ImageRequest("white rocket", None, 64, 64, num_steps=3, guidance_scale=5.0, seed=7)
NO_WEIGHTS = "(plain) (cat:abc) (cat:) (:1.3) (cat:1e0) (cat:1.3"
Weighted = Sequence[tuple[str, float]]


@pytest.fixture(scope="module")
def equipment(models_dir: Path) -> Equipment:
    return equip(load_model(models_dir / "starter"), max_lora_rank=4)


@pytest.fixture(scope="module")
def pipeline(models_dir: Path) -> StableDiffusionXLPipeline:
    pipeline = StableDiffusionXLPipeline.from_pretrained(models_dir / "starter", local_files_only=True)
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


def spans(prompt: str) -> list[tuple[str, float]]:
    return [(span.text, span.weight) for span in parse_weights(prompt)]


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("", []),
        ("white rocket", [("white rocket", 1)]),
        ("a (red:1.3) rocket", [("a ", 1), ("red", 1.3), (" rocket", 1)]),
        ("(a: b:.5)(c: 2 )", [("a: b", 0.5), ("c", 2)]),
        ("(line\nbreak:0)", [("line\nbreak", 0)]),
        ("in (16:9), (3.5:1)", [("in (16:9), ", 1), ("3.5", 1)]),
        ("((cat:1.5))", [("(", 1), ("cat", 1.5), (")", 1)]),
        (NO_WEIGHTS, [(NO_WEIGHTS, 1)]),
        (r"\(cat:1.3) (dog\:1.3)", [("(cat:1.3) (dog:1.3)", 1)]),
        (r"(f\(x\) = \\:0.5)", [("f(x) = \\", 0.5)]),
        (r"\\(cat:1.3) \o/", [("\\", 1), ("cat", 1.3), (r" \o/", 1)]),
    ],
)  # fmt: skip
def test_prompt_is_parsed(prompt: str, expected: list[tuple[str, float]]) -> None:
    assert spans(prompt) == expected


words = st.text(min_size=1).filter(lambda text: not re.fullmatch(r"\s*[0-9]+\s*", text))  # no ratios


@given(st.lists(st.tuples(words, st.integers(0, 200).map(lambda percent: percent / 100))))
def test_what_is_written_is_what_is_parsed(pieces: list[tuple[str, float]]) -> None:
    def escaped(text: str) -> str:
        return "".join(f"\\{character}" if character in "():\\" else character for character in text)

    prompt = "".join(escaped(text) if weight == 1 else f"({escaped(text)}:{weight})" for text, weight in pieces)
    expected: list[tuple[str, float]] = []
    for text, weight in pieces:
        if weight == 1 and expected and expected[-1][1] == 1:
            expected[-1] = (expected[-1][0] + text, 1)
        else:
            expected.append((text, weight))
    assert spans(prompt) == expected


@given(st.text(alphabet="a(:)\\1. \n"))
def test_any_text_is_parsed_or_refused_with_the_weight(prompt: str) -> None:
    try:
        assert len("".join(text for text, _ in spans(prompt))) <= len(prompt)
    except InvalidRequest as refused:
        assert refused.code == "invalid_prompt_weight"


@pytest.mark.parametrize("weight", ["9", "2.01", "-1", "16"])
def test_weight_out_of_range_is_refused_with_its_value(equipment: Equipment, weight: str) -> None:
    prompt = f"a (cat:{weight})"
    with pytest.raises(InvalidRequest, match=rf"from 0 to 2, got {weight} in '\(cat:{weight}\)'") as refused:
        Preparer(equipment).prepare(replace(PLAIN, negative_prompt=prompt))
    assert (refused.value.code, refused.value.param) == ("invalid_prompt_weight", "prompt")
    assert len(parse_weights(prompt.replace("(", r"\("))) == 1  # as the message says


def test_token_over_a_border_has_the_weight_of_its_first_character() -> None:
    letters = [*"cats", *(f"{letter}</w>" for letter in "cats"), "ca", "cat</w>"]
    symbols = [*letters, "<|startoftext|>", "<|endoftext|>"]
    vocab = {symbol: index for index, symbol in enumerate(symbols)}
    tokenizer = CLIPTokenizer(vocab=vocab, merges=[("c", "a"), ("ca", "t</w>")])
    parsed = parse_weights("cat s(ca:1.5)t (cat:0.5)")
    tokens = tokenizer("".join(span.text for span in parsed), return_offsets_mapping=True)
    assert tokenizer.convert_ids_to_tokens(tokens.input_ids)[1:-1] == ["cat</w>", "s", "cat</w>", "cat</w>"]
    assert token_weights(parsed, tokens["offset_mapping"]) == [1, 1, 1, 1.5, 0.5, 1]


def tokens_of_diffusers(pipeline: StableDiffusionXLPipeline, weighted: Weighted) -> tuple[torch.Tensor, torch.Tensor]:
    """Tokens [1, L, D] and pooled [1, P], counted out by hand: each span tokenised by itself."""
    plain, _, pooled, _ = pipeline.encode_prompt("".join(text for text, _ in weighted))
    empty = pipeline.encode_prompt("")[0]
    halves = []
    for half, tokenizer in enumerate((pipeline.tokenizer, pipeline.tokenizer_2)):
        weights = [1.0]
        for text, weight in weighted:
            weights += [weight] * (len(tokenizer(text, verbose=False).input_ids) - 2)
        weight_L1 = torch.tensor((weights[:76] + [1.0] * 77)[:77])[:, None]  # the last is the end mark, or padding
        h, h_empty = plain.chunk(2, dim=-1)[half], empty.chunk(2, dim=-1)[half]
        halves.append(h_empty + weight_L1 * (h - h_empty))
    return torch.cat(halves, dim=-1), pooled


@pytest.mark.parametrize(
    ("prompt", "weighted"),
    [
        ("a (red:1.3) rocket", [("a ", 1), ("red", 1.3), (" rocket", 1)]),
        ("(ein Fuchs 🦊:1.7), (Äpfel!:0)", [("ein Fuchs 🦊", 1.7), (", ", 1), ("Äpfel!", 0)]),
        ("x " * 74 + "(y y y:0.5) z", [("x " * 74, 1), ("y y y", 0.5), (" z", 1)]),
        ("x " * 90 + "(y:0.5)", [("x " * 90, 1), ("y", 0.5)]),
    ],
    ids=["one", "unicode", "truncated-inside", "truncated-before"],
)
def test_weighted_image_equals_diffusers_given_the_embeddings(
    equipment: Equipment, pipeline: StableDiffusionXLPipeline, prompt: str, weighted: Weighted
) -> None:
    with torch.inference_mode():
        tokens_1LD, pooled_1P = tokens_of_diffusers(pipeline, weighted)
        negative_1LD, negative_1P = tokens_of_diffusers(pipeline, [("ugly", 1.5)])
    theirs = pipeline(
        prompt_embeds=tokens_1LD, pooled_prompt_embeds=pooled_1P, negative_prompt_embeds=negative_1LD,
        negative_pooled_prompt_embeds=negative_1P, width=64, height=64, num_inference_steps=3, guidance_scale=5.0,
        generator=torch.Generator("cpu").manual_seed(7), output_type="latent",
    ).images[0]  # fmt: skip
    encoded = PromptEncoder(equipment.model).encode(prompt)
    text = "".join(text for text, _ in weighted)
    assert encoded.num_tokens == len(pipeline.tokenizer(text, verbose=False).input_ids) - 2
    assert encoded.is_truncated == (len(text) > 100)
    assert torch.allclose(encoded.tokens_LD, tokens_1LD[0], atol=1e-5)
    (ours,) = run(equipment, [replace(PLAIN, prompt=prompt, negative_prompt="(ugly:1.5)")])
    assert (ours - theirs).abs().max() <= 1e-4


@torch.inference_mode()
def run(equipment: Equipment, requests: Sequence[ImageRequest]) -> list[torch.Tensor]:
    samples = [Preparer(equipment).prepare(request) for request in requests]
    while not samples[0].is_done:
        step(equipment, samples)
    return [sample.latents_CHW for sample in samples]


def test_weight_one_is_the_plain_text_bit_for_bit(equipment: Equipment) -> None:
    encoder = PromptEncoder(equipment.model)
    plain, one = encoder.encode("a red rocket"), encoder.encode("a (red:1.0) rocket")
    other = encoder.encode("a (red:1.3) rocket")
    assert torch.equal(plain.tokens_LD, one.tokens_LD) and torch.equal(plain.pooled_P, one.pooled_P)
    assert torch.equal(plain.pooled_P, other.pooled_P)
    changed = (plain.tokens_LD != other.tokens_LD).any(dim=1).nonzero().flatten().tolist()
    assert changed == [2, 3, 4]  # start, a, r, e, d
    assert encoder.encode("a (red:1.3) rocket") is other  # remembered by all that is written


def test_mixed_batch_equals_each_alone(equipment: Equipment) -> None:
    fields: list[dict[str, Any]] = [
        {"prompt": "a (red:1.3) rocket"},
        {},
        {"negative_prompt": "(blurry:0.4)"},
        {"regions": (RegionRequest("(leaf:1.8)", Box(0, 0, 0.5, 1)),)},
    ]
    requests = [replace(PLAIN, **each) for each in fields]
    alone = [run(equipment, [request])[0] for request in requests]
    for together, expected in zip(run(equipment, requests), alone, strict=True):
        assert (together - expected).abs().max() <= 1e-5 * expected.abs().max()
        assert expected is alone[1] or (expected - alone[1]).abs().max() > 1e-3 * expected.abs().max()
