"""Prompts become what the UNet attends to. Shapes: L tokens, D the two encoders' widths side by side, P pooled."""

from collections import OrderedDict
from dataclasses import dataclass

import torch

from deployments.engine.load import SdxlModel


@dataclass(frozen=True)
class EncodedPrompt:
    tokens_LD: torch.Tensor
    pooled_P: torch.Tensor
    num_tokens: int  # of the text itself, before truncation, without the start and end marks
    is_truncated: bool


class PromptEncoder:
    """Encodes with both text encoders as SDXL does, and remembers the last `capacity` prompts.

    Pad tokens stay visible to the UNet: SDXL was trained so (diffusers' `encode_prompt`).
    """

    def __init__(self, model: SdxlModel, capacity: int = 256) -> None:
        self._model = model
        self._capacity = capacity
        self._cache: OrderedDict[str, EncodedPrompt] = OrderedDict()

    def encode(self, text: str) -> EncodedPrompt:
        if text not in self._cache:
            self._cache[text] = self._encode(text)
            if len(self._cache) > self._capacity:
                self._cache.popitem(last=False)
        self._cache.move_to_end(text)
        return self._cache[text]

    def encode_negative(self, text: str | None) -> EncodedPrompt:
        if text is not None or not self._model.zero_missing_negative:
            return self.encode(text or "")
        like = self.encode("")
        return EncodedPrompt(torch.zeros_like(like.tokens_LD), torch.zeros_like(like.pooled_P), 0, False)

    def _encode(self, text: str) -> EncodedPrompt:
        hidden = []
        for tokenizer, encoder in zip(self._model.tokenizers, self._model.text_encoders, strict=True):
            max_length = tokenizer.model_max_length
            ids_1L = tokenizer(
                text, padding="max_length", max_length=max_length, truncation=True, return_tensors="pt"
            ).input_ids
            output = encoder(ids_1L.to(self._model.device), output_hidden_states=True)
            hidden.append(output.hidden_states[-2][0])
        num_tokens = len(tokenizer(text, verbose=False).input_ids) - 2
        return EncodedPrompt(
            tokens_LD=torch.cat(hidden, dim=-1),
            pooled_P=output[0][0],
            num_tokens=num_tokens,
            is_truncated=num_tokens + 2 > max_length,
        )
