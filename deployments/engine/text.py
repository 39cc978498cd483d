"""Prompts become what the UNet attends to. Shapes: L tokens, D the two encoders' widths side by side, P pooled."""

from collections import OrderedDict
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass

import torch
from transformers import BatchEncoding, CLIPTokenizer

from deployments.engine.load import SdxlModel
from deployments.engine.lora_bank import LoraUse
from deployments.engine.lora_text import text_encoder_with
from deployments.engine.prompt_weights import parse_weights, token_weights
from deployments.engine.watcher import NOBODY, Watcher


@dataclass(frozen=True)
class EncodedPrompt:
    tokens_LD: torch.Tensor
    pooled_P: torch.Tensor
    num_tokens: int  # of the text itself, before truncation, without the start and end marks
    is_truncated: bool


class PromptEncoder:
    """Encodes with both text encoders as SDXL does, and remembers the last `capacity` prompts.

    Pad tokens stay visible to the UNet: SDXL was trained so (diffusers' `encode_prompt`). An adapter that was trained
    on the encoders too is applied to them for this prompt alone.

    A word of weight w (`prompt_weights.py`) is moved on the line from what the empty prompt has in its place to what it
    says: h_empty + w·(h - h_empty), in both encoders. That is ComfyUI's default meaning
    (https://github.com/BlenderNeko/ComfyUI_ADV_CLIP_emb, "comfy"). The encoders read the whole text without syntax, so
    ids, truncation and the pooled vector are those of the plain text, and so are tokens of weight 1, bit for bit.
    """

    def __init__(self, model: SdxlModel, capacity: int = 256, watcher: Watcher = NOBODY) -> None:
        self._model = model
        self._watcher = watcher
        self._capacity = capacity
        self._cache: OrderedDict[tuple[object, ...], EncodedPrompt] = OrderedDict()

    def encode(self, text: str, loras: Sequence[LoraUse] = ()) -> EncodedPrompt:
        heard = [use for use in loras if any(use.handle.text_layers)]
        key = (text, *((use.handle.digest, use.weight) for use in heard))
        self._watcher.encoded_prompt(is_cached=key in self._cache)
        if key not in self._cache:
            with ExitStack() as stack:
                for use in heard:
                    for encoder, layers in zip(self._model.text_encoders, use.handle.text_layers, strict=True):
                        stack.enter_context(text_encoder_with(encoder, layers, use.weight))
                self._cache[key] = self._encode(text)
            if len(self._cache) > self._capacity:
                self._cache.popitem(last=False)
        self._cache.move_to_end(key)
        return self._cache[key]

    def encode_negative(self, text: str | None, loras: Sequence[LoraUse] = ()) -> EncodedPrompt:
        if text is not None or not self._model.zero_missing_negative:
            return self.encode(text or "", loras)
        like = self.encode("")
        return EncodedPrompt(torch.zeros_like(like.tokens_LD), torch.zeros_like(like.pooled_P), 0, False)

    def _encode(self, prompt: str) -> EncodedPrompt:
        spans = parse_weights(prompt)
        text = "".join(span.text for span in spans)
        hidden = []
        for tokenizer, encoder in zip(self._model.tokenizers, self._model.text_encoders, strict=True):
            tokens = _tokenized(tokenizer, text)
            output = encoder(tokens.input_ids.to(self._model.device), output_hidden_states=True)
            states_LD = output.hidden_states[-2][0]
            if any(span.weight != 1.0 for span in spans):
                ids_1L = _tokenized(tokenizer, "").input_ids.to(self._model.device)
                empty_LD = encoder(ids_1L, output_hidden_states=True).hidden_states[-2][0]
                weights = token_weights(spans, tokens.offset_mapping[0].tolist())
                weight_L1 = torch.tensor(weights, device=self._model.device)[:, None]
                states_LD = empty_LD.float().lerp(states_LD.float(), weight_L1).to(states_LD)
            hidden.append(states_LD)
        num_tokens = len(tokenizer(text, verbose=False).input_ids) - 2
        return EncodedPrompt(
            tokens_LD=torch.cat(hidden, dim=-1),
            pooled_P=output[0][0],
            num_tokens=num_tokens,
            is_truncated=num_tokens + 2 > tokenizer.model_max_length,
        )


def _tokenized(tokenizer: CLIPTokenizer, text: str) -> BatchEncoding:
    tokens: BatchEncoding = tokenizer(
        text, padding="max_length", max_length=tokenizer.model_max_length, truncation=True, return_tensors="pt",
        return_offsets_mapping=True,
    )  # fmt: skip
    return tokens
